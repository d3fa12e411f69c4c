/** What is known of a version that failed, and that nobody needs any more once its successor has arrived. */
export interface CleanupFacts {
  /** `x-amz-replication-status` of the version at the key now; undefined where S3 says nothing. */
  readonly successorStatus: string | undefined;
  /** Whether that version is the one that is kept in the failed bucket. */
  readonly successorKept: boolean;
  /** Whether other destinations may still need the version: its successor goes to one region of several, and S3 is not done with it. */
  readonly hasOthers: boolean;
  /** False on the last receive of the message. */
  readonly mayWait: boolean;
}

export type CleanupDecision = 'delete' | 'wait' | 'leave';

/** Seconds until a successor is looked at again: S3 replicates most objects within fifteen minutes. */
export const CLEANUP_DELAY_SECONDS = 900;

/**
 * What becomes of a superseded version. S3's lifecycle rules expire a version whose replication has FAILED by the older user guide, and
 * are held up by it, as by a PENDING one, by the current guide. So that it is gone under both, we delete it; but not before something
 * else holds the archive for good.
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
export function decideCleanup({ successorStatus, successorKept, hasOthers, mayWait }: CleanupFacts): CleanupDecision {
  if (!successorKept && successorStatus === undefined) return 'leave';
  if (!hasOthers && (successorKept || successorStatus === 'COMPLETED')) return 'delete';
  return mayWait ? 'wait' : 'leave';
}
