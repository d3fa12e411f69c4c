/**
 * The order of two writes to one key: S3's sequencer if both events have one, otherwise the time at which S3 saw the
 * write. Sequencers are hexadecimal, of different lengths, and compare after the shorter is padded with zeros at its
 * right (S3 user guide, "Event message structure"). They mean nothing across keys or buckets.
 */
export interface WriteOrder {
  readonly sequencer?: string | undefined;
  /** Milliseconds since 1970. */
  readonly eventTime: number;
}

/**
 * Negative if `left` was written before `right`, positive if after, 0 if they cannot be distinguished.
 *
 * | sequencers  | order                          |
 * |-------------|--------------------------------|
 * | both        | theirs, regardless of clocks   |
 * | neither     | that of the event times        |
 * | one of them | the write without it is earlier |
 *
 * The last row makes it a total order. By time, a write without a sequencer could come after one write and before an
 * earlier one if clocks differ, and such a cycle has no sorted order. S3 gives every creation a sequencer, so events
 * without one are from other servers, or were written by hand.
 */
export function compareWrites(left: WriteOrder, right: WriteOrder): number {
  if (left.sequencer !== undefined && right.sequencer !== undefined) {
    return compareSequencers(left.sequencer, right.sequencer);
  }
  if (left.sequencer === right.sequencer) return left.eventTime - right.eventTime;
  return left.sequencer === undefined ? -1 : 1;
}

/**
 * Which of two removals, or of a write and a removal, is the later one. If one of the two has no sequencer, the times
 * decide, as they do for stamps at a destination (storage/provenance.ts): a removal that counts as earlier than
 * everything with a sequencer would lose to writes that came before it. If clocks differ, three of them may form a
 * cycle; `lastRemoval` chooses one of several.
 */
export function compareRemovals(left: WriteOrder, right: WriteOrder): number {
  if (left.sequencer === undefined || right.sequencer === undefined) return left.eventTime - right.eventTime;
  return compareSequencers(left.sequencer, right.sequencer);
}

/**
 * The removal that represents several of one key, regardless of their order of arrival: the last one by sequencer of
 * those that have one, or the last one by time of the others, if its time is later.
 */
export function lastRemoval<T extends WriteOrder>(removals: readonly T[]): T | undefined {
  const { ordered = [], timed = [] } = Object.groupBy(removals, ({ sequencer }) =>
    sequencer === undefined ? 'timed' : 'ordered',
  );
  const [last, ...others] = [ordered, timed].flatMap((some) => some.toSorted(compareRemovals).slice(-1));
  return others.reduce<T | undefined>(
    (latest, other) => (latest === undefined || other.eventTime > latest.eventTime ? other : latest),
    last,
  );
}

/** Whether S3 itself says that `left` was written before `right`: clocks prove nothing. */
export function isProvenOlder(left: WriteOrder, right: WriteOrder): boolean {
  if (left.sequencer === undefined || right.sequencer === undefined) return false;
  return compareSequencers(left.sequencer, right.sequencer) < 0;
}

export function compareSequencers(left: string, right: string): number {
  const length = Math.max(left.length, right.length);
  const [a, b] = [left, right].map((value) => value.toUpperCase().padEnd(length, '0')) as [string, string];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
