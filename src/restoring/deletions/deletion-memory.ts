import type { WriteOrder } from '../../messages/sequencer.ts';

/** That a key was deleted at the source, and where among the writes to it. */
export interface SourceDeletion extends WriteOrder {
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
   * What was kept of these keys, the last deletion of each. Sees whatever `record` has kept before.
   * @param since kept at that time or later, in milliseconds since 1970
   * @throws DeletionMemoryError
   */
  recall(
    rule: string,
    since: number,
    keys: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, SourceDeletion>>;
}
