import type { WriteOrder } from '../../messages/sequencer.ts';

/**
 * Longer than a message or an archive is kept: 14 days in a queue and 14 in its dead-letter queue, at the source, at
 * the target, and for archives that S3 gave up on; and the same again for each of these that a user redrives late.
 */
export const DELETIONS_KEPT_DAYS = 180;
/** The same, minus the difference of clocks and the time for an archive. */
export const DELETIONS_KEPT_MILLISECONDS = (DELETIONS_KEPT_DAYS - 1) * 86_400_000;

/**
 * The kind of a record. `note`: a version of the key was removed at the source, but a consumer had changed the copy of
 * the version that is now current; older versions are no longer written, and nothing was deleted.
 */
export type DeletionKind = 'deletion' | 'note';

/** A deletion of a key at the source, with its order among the writes. */
export interface SourceDeletion extends WriteOrder {
  /** Absent: a deletion. */
  readonly kind?: DeletionKind;
  /** At the source, without the prefix of a destination. */
  readonly key: string;
}

/**
 * The deletions at the source of a rule, recorded for as long as an earlier write may still arrive: a key without an
 * object does not show that it was deleted.
 */
export interface DeletionMemory {
  /**
   * Records the deletions of one archive. Recording them twice does no harm.
   * @param at when they are recorded, in milliseconds since 1970
   * @throws DeletionMemoryError
   */
  record(rule: string, deletions: readonly SourceDeletion[], at: number, signal?: AbortSignal): Promise<void>;
  /**
   * The records of these keys, reduced by `addDeletion`. Sees everything that `record` has recorded before.
   * @param since recorded at this time or later, in milliseconds since 1970
   * @throws DeletionMemoryError
   */
  recall(
    rule: string,
    since: number,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly SourceDeletion[]>>;
}
