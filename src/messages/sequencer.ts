/**
 * What orders two writes to one key: S3's sequencer where both events have one, else the time that S3 saw the write.
 * Sequencers are hexadecimal, of different lengths, and compare after the shorter is padded with zeros at its right
 * (S3 user guide, "Event message structure"). They mean nothing across keys or buckets.
 */
export interface WriteOrder {
  readonly sequencer?: string | undefined;
  /** Milliseconds since 1970. */
  readonly eventTime: number;
}

/** Negative when `left` was written before `right`, positive when after, 0 when nothing tells them apart. */
export function compareWrites(left: WriteOrder, right: WriteOrder): number {
  if (left.sequencer !== undefined && right.sequencer !== undefined) {
    return compareSequencers(left.sequencer, right.sequencer);
  }
  return left.eventTime - right.eventTime;
}

export function compareSequencers(left: string, right: string): number {
  const length = Math.max(left.length, right.length);
  const [a, b] = [left, right].map((value) => value.toUpperCase().padEnd(length, '0')) as [string, string];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
