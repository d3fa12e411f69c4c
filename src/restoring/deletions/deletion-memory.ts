import type { WriteOrder } from '../../messages/sequencer.ts';

/**
 * Longer than a message or an archive is kept: 14 days in a queue and 14 in its dead-letter queue, at the source, at
 * the target, and for archives that S3 gave up on; and the same again for each of these that a user redrives late.
 */
export const DELETIONS_KEPT_DAYS = 180;
/** The same, less what clocks differ and an archive takes. */
export const DELETIONS_KEPT_MILLISECONDS = (DELETIONS_KEPT_DAYS - 1) * 86_400_000;

/**
 * What is kept of a key. `note`: a version of it was removed at the source while a consumer had changed the copy of what is current since;
 * what is older is not written any more, and nothing was deleted.
 */
export type DeletionKind = 'deletion' | 'note';

/** That a key was deleted at the source, and where among the writes to it. */
export interface SourceDeletion extends WriteOrder {
  /** Absent: a deletion. */
  readonly kind?: DeletionKind;
  /** At the source, without the prefix of a destination. */
  readonly key: string;
}

/**
 * What was deleted at the source of a rule, kept for as long as an earlier write may still arrive: a key of which nothing
 * exists does not say by itself that it was deleted.
 */
export interface DeletionMemory {
  /**
   * Keeps the deletions of one archive. Keeping the same ones again does no harm.
   * @param at when they are kept, in milliseconds since 1970
   * @throws DeletionMemoryError
   */
  record(rule: string, deletions: readonly SourceDeletion[], at: number, signal?: AbortSignal): Promise<void>;
  /**
   * What was kept of these keys: of each what `addDeletion` leaves. Sees whatever `record` has kept before.
   * @param since kept at that time or later, in milliseconds since 1970
   * @throws DeletionMemoryError
   */
  recall(
    rule: string,
    since: number,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly SourceDeletion[]>>;
}
