import { formatAge } from '../command/age.ts';
import { formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import type { ReceivedLetter } from './dead-letter.ts';
import type { LetterGroup } from './select-letters.ts';

/** One block per reason: how many, where, since when, an example, and what to do. */
export function renderGroups(
  groups: readonly LetterGroup[],
  advice: ReadonlyMap<string, string>,
  json: boolean,
): string {
  if (json) return `${JSON.stringify(groups.map((group) => ({ ...group, advice: advice.get(group.code) })))}\n`;
  if (groups.length === 0) return 'No dead letters.\n';
  return groups
    .map(({ code, count, region, queue, oldestAge, reason, sampleKeys }) =>
      [
        `${code}  ${formatPlural(count, 'message')}, oldest ${formatAge(oldestAge)}`,
        `  in ${queue} (${region})`,
        `  ${printableKey(reason)}`,
        ...sampleKeys.map((key) => `  key ${printableKey(key)}`),
        ...(advice.has(code) ? [`  do: ${advice.get(code) ?? ''}`] : []),
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** Each message with everything that is known about it. */
export function renderLetters(letters: readonly ReceivedLetter[], json: boolean): string {
  return letters
    .map(({ queue, messageId, sentAt, code, reason, bucket, key, body }) => {
      const sent = new Date(sentAt).toISOString();
      const about = { ...(bucket === undefined ? {} : { bucket }), ...(key === undefined ? {} : { key }) };
      const whole = { region: queue.region, queue: queue.name, sent, messageId, code, reason, ...about, body };
      if (json) return `${JSON.stringify(whole)}\n`;
      return `${Object.entries(whole)
        .map(([name, value]) => `${name.padEnd(10)} ${printableKey(value)}\n`)
        .join('')}\n`;
    })
    .join('');
}
