import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import type { MessageTelemetry } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** Why a failure needs no action. */
export type FailureSkipReason =
  /** A later version of the archive is under way. */
  | 'superseded'
  /** The archive is already kept, and this destination is noted. */
  | 'kept-before';

/** Reports the resend service's work to the operator. Implementations must not throw. */
export interface ResendTelemetry extends MessageTelemetry {
  archiveResent(failure: ReplicationFailure, attempt: number): void;
  /**
   * The last attempt failed, too: the archive will be kept at `kept` until an operator has fixed the cause. Reported
   * before it is copied there, so that no later failure can suppress the alarm; so it may be reported more than once.
   */
  archiveGivenUp(failure: ReplicationFailure, kept: ObjectLocation): void;
  /**
   * The version was deleted or has expired before it could be resent: its objects may be missing at the destination.
   */
  archiveGone(failure: ReplicationFailure): void;
  /** The failed version was deleted: its successor has arrived, or the archive is kept. */
  failedVersionDeleted(failure: ReplicationFailure): void;
  failureSkipped(failure: ReplicationFailure, reason: FailureSkipReason): void;
}
