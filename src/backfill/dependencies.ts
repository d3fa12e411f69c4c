import type { ObjectEntry } from '../listing/dependencies.ts';

/** Some objects of a source. */
export interface EntryPage {
  readonly entries: readonly ObjectEntry[];
  /**
   * The position of the source after the entry with this index (a key or a row of an inventory), from which it can be
   * resumed.
   */
  readonly positionAfter: (index: number) => string;
}

/** Where keys come from: the bucket itself, or an inventory of it. */
export interface EntrySource {
  /** Where to resume after a failed read: entries of a damaged file may be wrong. */
  readonly rewind?: (position: string) => string;
  /** @param after position of the last finished entry; absent: from the beginning */
  read(after: string | undefined, signal: AbortSignal): AsyncIterable<EntryPage>;
}

/** The rule's queue of existing objects. */
export interface ExistingObjectQueue {
  /**
   * Sends all of these, at most 10,000 at a time.
   * @throws UnavailableQueueError when SQS does not accept one of them despite retries; others may have been accepted
   */
  send(bodies: readonly string[]): Promise<void>;
}

/** A document that outlives the machine. */
export interface CheckpointStore {
  /** @returns undefined when there is none */
  load(): Promise<string | undefined>;
  /** @throws HeldCheckpointError if someone else has saved it since it was loaded */
  save(text: string): Promise<void>;
}

/** The clock, which tests can replace. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** @throws the reason of the signal */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}
