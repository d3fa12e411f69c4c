import type { ReplicationStatus } from './replication-status.ts';

/** Of each rule, so that a rule with thousands of archives that are not replicated does not cost as many requests in each run. */
const WATCHED_PER_RULE = 20;

/** An archive that S3 did not replicate when it was last asked. */
export interface WatchedArchive {
  readonly key: string;
  readonly status: ReplicationStatus;
}

/**
 * Archives that S3 has refused, or does not replicate: they are asked for again in each invocation until they are replicated or gone,
 * though thousands of others may have come since. Kept in memory: a process that knows nothing of a rule yet looks at its archives again.
 */
export class WatchedArchives {
  readonly #byRule = new Map<string, readonly WatchedArchive[]>();

  /** Undefined for a rule that nothing was noted of. */
  of(rule: string): readonly WatchedArchive[] | undefined {
    return this.#byRule.get(rule);
  }

  /** Replaces what was noted before; those with the oldest objects are kept. */
  note(rule: string, archives: readonly WatchedArchive[]): void {
    const sorted = archives.toSorted((one, two) => (one.key < two.key ? -1 : 1));
    this.#byRule.set(rule, sorted.slice(0, WATCHED_PER_RULE));
  }
}
