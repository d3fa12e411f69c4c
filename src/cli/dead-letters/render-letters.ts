import { formatAge } from '../command/age.ts';
import { formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { wrapBehind, wrapText } from '../command/wrap-text.ts';
import type { ReceivedLetter } from './dead-letter.ts';
import type { LetterGroup } from './select-letters.ts';

export interface LetterStyle {
  readonly json: boolean;
  /** Characters per line of what people read. */
  readonly columns: number;
}

/** One block per reason: how many, where, since when, an example, and what to do. */
export function renderGroups(
  groups: readonly LetterGroup[],
  advice: ReadonlyMap<string, string>,
  { json, columns }: LetterStyle,
): string {
  if (json) return `${JSON.stringify(groups.map((group) => ({ ...group, advice: advice.get(group.code) })))}\n`;
  if (groups.length === 0) return 'No dead letters.\n';
  return groups
    .map(({ code, count, region, queue, oldestAge, reason, sampleKeys }) =>
      [
        ...wrapText(`${code}  ${formatPlural(count, 'message')}, oldest ${formatAge(oldestAge)}`, columns),
        ...wrapBehind('  in ', `${queue} (${region})`, columns),
        ...wrapBehind('  ', printableKey(reason), columns),
        // A key is not wrapped, so that it can be copied.
        ...sampleKeys.map((key) => `  key ${printableKey(key)}`),
        ...(advice.has(code) ? wrapBehind('  do: ', advice.get(code) ?? '', columns) : []),
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** Each message with everything that is known about it. */
export function renderLetters(letters: readonly ReceivedLetter[], { json, columns }: LetterStyle): string {
  return letters
    .map(({ queue, messageId, sentAt, code, reason, bucket, key, body }) => {
      const sent = new Date(sentAt).toISOString();
      const about = { ...(bucket === undefined ? {} : { bucket }), ...(key === undefined ? {} : { key }) };
      const whole = { region: queue.region, queue: queue.name, sent, messageId, code, reason, ...about, body };
      if (json) return `${JSON.stringify(whole)}\n`;
      const lines = Object.entries(whole).flatMap(([name, value]) => {
        const [label, text] = [`${name.padEnd(10)} `, printableKey(value)];
        return name === 'reason' ? wrapBehind(label, text, columns) : [`${label}${text}`];
      });
      return `${lines.join('\n')}\n\n`;
    })
    .join('');
}
