import { BACKFILL_QUEUE_ENDING } from '../../configuration/schema/resource-names.ts';
import { isBackfillMessage } from '../../messages/backfill-message.ts';
import type { DeadLetterQueue, ReceivedLetter } from './dead-letter.ts';

export interface LetterFilter {
  readonly code?: string;
  /** Start of the key. */
  readonly prefix?: string;
  /** Seconds: only messages that are at least this old. */
  readonly olderThan?: number;
  /** Name of a dead-letter queue. */
  readonly queue?: string;
}

/** Whether a message meets every condition of the filter. @param now milliseconds since 1970 */
export function matches(letter: ReceivedLetter, filter: LetterFilter, now: number): boolean {
  const { code, prefix, olderThan, queue } = filter;
  if (code !== undefined && letter.code !== code) return false;
  if (prefix !== undefined && letter.key?.startsWith(prefix) !== true) return false;
  if (olderThan !== undefined && now - letter.sentAt < olderThan * 1000) return false;
  return queue === undefined || letter.queue.name === queue;
}

export interface LetterGroup {
  readonly code: string;
  readonly region: string;
  readonly queue: string;
  readonly count: number;
  /** Seconds. */
  readonly oldestAge: number;
  /** The reason of one of them. */
  readonly reason: string;
  readonly sampleKeys: readonly string[];
}

const SAMPLE_KEYS = 3;

/** Messages of one queue and one code together, the largest groups first. @param now milliseconds since 1970 */
export function groupLetters(letters: readonly ReceivedLetter[], now: number): LetterGroup[] {
  const groups = new Map<string, ReceivedLetter[]>();
  for (const letter of letters) {
    const id = JSON.stringify([letter.code, letter.queue.region, letter.queue.name]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [letter]);
    else group.push(letter);
  }
  return [...groups.values()]
    .flatMap((group) => describeGroup(group, now))
    .toSorted((left, right) => right.count - left.count || (left.code < right.code ? -1 : 1));
}

function describeGroup(group: readonly ReceivedLetter[], now: number): LetterGroup[] {
  const [first] = group;
  if (first === undefined) return [];
  const oldest = group.reduce((least, { sentAt }) => Math.min(least, sentAt), first.sentAt);
  const keys = [...new Set(group.flatMap(({ key }) => (key === undefined ? [] : [key])))];
  return [
    {
      code: first.code,
      region: first.queue.region,
      queue: first.queue.name,
      count: group.length,
      oldestAge: Math.max(0, Math.round((now - oldest) / 1000)),
      reason: first.reason,
      sampleKeys: keys.slice(0, SAMPLE_KEYS),
    },
  ];
}

/**
 * The queue that a message is redriven to. A rule's queues of new and of existing objects share a dead-letter queue.
 * @returns undefined if that is unknown
 */
export function originOfLetter({ body }: ReceivedLetter, { sources }: DeadLetterQueue): string | undefined {
  const isBackfilled = isBackfillMessage(body);
  const origins =
    sources.length > 1 ? sources.filter((url) => url.endsWith(BACKFILL_QUEUE_ENDING) === isBackfilled) : sources;
  return origins.length === 1 ? origins[0] : undefined;
}
