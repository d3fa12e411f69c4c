import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import type { FailureFate } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** Why nothing was done about a failure. */
export type FailureSkipReason =
  /** A later version of the archive is under way. */
  | 'superseded'
  /** The archive is kept already, and this destination is noted. */
  | 'kept-before';

/** What the resend service tells its operator. Implementations must not throw. */
export interface ResendTelemetry {
  archiveResent(failure: ReplicationFailure, attempt: number): void;
  /**
   * The last attempt failed, too: the archive is about to wait at `kept` until an operator has corrected the reason. Told before it is
   * there, since nothing that is lost afterwards may keep the alarm from being raised; so it may be told more than once.
   */
  archiveGivenUp(failure: ReplicationFailure, kept: ObjectLocation): void;
  /** The version was deleted or has expired before it could be resent: what it held may be missing at the destination. */
  archiveGone(failure: ReplicationFailure): void;
  /** The failed version was deleted: its successor has arrived, or it is kept. */
  failedVersionDeleted(failure: ReplicationFailure): void;
  failureSkipped(failure: ReplicationFailure, reason: FailureSkipReason): void;
  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void;
  queueFailed(error: CompressorError): void;
}
