import type { ReplicationStatus } from './replication-status.ts';

/**
 * Per prefix, so that a rule with thousands of archives that are not replicated does not cost as many requests in each
 * invocation.
 */
const WATCHED_PER_PREFIX = 20;

/** An archive that was not replicated when S3 was last asked. */
export interface WatchedArchive {
  readonly key: string;
  readonly status: ReplicationStatus;
}

/**
 * Archives that S3 has refused, or does not replicate: S3 is asked about them in each invocation until they are
 * replicated or gone, even if thousands of others have come since. Kept in memory: a process that knows nothing about a
 * prefix yet checks its archives again.
 */
export class WatchedArchives {
  readonly #byPrefix = new Map<string, readonly WatchedArchive[]>();

  /** Undefined for a prefix for which nothing was noted. */
  of(prefix: string): readonly WatchedArchive[] | undefined {
    return this.#byPrefix.get(prefix);
  }

  /** Replaces what was noted before; those with the oldest objects are kept. */
  note(prefix: string, archives: readonly WatchedArchive[]): void {
    const sorted = archives.toSorted((one, two) => (one.key < two.key ? -1 : 1));
    this.#byPrefix.set(prefix, sorted.slice(0, WATCHED_PER_PREFIX));
  }
}
