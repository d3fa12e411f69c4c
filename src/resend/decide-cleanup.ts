/** The facts about a version that failed, and that is no longer needed once its successor has arrived. */
export interface CleanupFacts {
  /** `x-amz-replication-status` of the version at the key now; undefined if there is none. */
  readonly successorStatus: string | undefined;
  /** Whether that version is the one that is kept in the failed bucket. */
  readonly isSuccessorKept: boolean;
  /**
   * Whether other destinations may still need the version: its successor goes to one region of several, and S3 is not
   * done with the version.
   */
  readonly hasOthers: boolean;
  /** False on the last receive of the message. */
  readonly mayWait: boolean;
}

export type CleanupDecision = 'delete' | 'wait' | 'leave';

/** Seconds until a successor is checked again: S3 replicates most objects within fifteen minutes. */
export const CLEANUP_DELAY_SECONDS = 900;

/**
 * Decides on a superseded version. Per the older user guide, S3's lifecycle rules expire a version whose replication
 * has FAILED; per the current guide, FAILED prevents expiry, like PENDING. We delete the version, so it is gone in both
 * cases, but only once the archive is safely stored elsewhere.
 *
 * | successor            | others | last receive | then    |
 * |----------------------|--------|--------------|---------|
 * | COMPLETED, or kept   | no     |              | delete  |
 * | COMPLETED, or kept   | yes    | no           | wait    |
 * | COMPLETED, or kept   | yes    | yes          | leave: lifecycle, or `remove`, finds it |
 * | PENDING, FAILED      |        | no           | wait    |
 * | PENDING, FAILED      |        | yes          | leave: lifecycle, or `remove`, finds it |
 * | no status            |        |              | leave: nothing says that it has arrived |
 */
export function decideCleanup({ successorStatus, isSuccessorKept, hasOthers, mayWait }: CleanupFacts): CleanupDecision {
  if (!isSuccessorKept && successorStatus === undefined) return 'leave';
  if (!hasOthers && (isSuccessorKept || successorStatus === 'COMPLETED')) return 'delete';
  return mayWait ? 'wait' : 'leave';
}
