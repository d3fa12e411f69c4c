import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import type { FailureFate } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { LatencyDistribution } from './latency-distribution.ts';

/** Why a deletion has deleted nothing. */
export type DeletionSkipReason =
  /** Nothing is at the key. */
  | 'absent'
  /** What is at the key was written after the deletion. */
  | 'newer-at-target'
  /** Another writer put what is at the key, and the destination says `on_conflict: "keep"`. */
  | 'kept';

/** What became of a deletion. */
export type DeletionResult = 'deleted' | DeletionSkipReason;

/** What deletions at the source have done here. */
export interface RestoredDeletions {
  /** Objects that were deleted. */
  readonly deleted: number;
  /** Deletions that have deleted nothing. */
  readonly skipped: Readonly<Partial<Record<DeletionSkipReason, number>>>;
}

/** Numbers of one archive of which every object for this region is restored. */
export interface RestoredArchive {
  readonly rule: string;
  readonly bucket: string;
  readonly key: string;
  /** Object writes that were due: objects x destinations of this region. */
  readonly objects: number;
  readonly restored: number;
  /** Of `restored`, those that replaced what existed at their key. */
  readonly overwritten: number;
  readonly skipped: number;
  /** Absent where nothing was deleted, or to be deleted. */
  readonly deletions?: RestoredDeletions;
  /** Bytes of the restored objects. */
  readonly bytes: number;
  readonly archiveBytes: number;
  readonly decompressionCpuSeconds: number;
  readonly seconds: number;
  /** Seconds from each source event until its object was restored; of what this attempt wrote. */
  readonly latency: LatencyDistribution;
}

/** What an attempt wrote of an archive whose rest it had to leave for another one. */
export type PartlyRestoredArchive = Pick<
  RestoredArchive,
  'rule' | 'bucket' | 'key' | 'restored' | 'overwritten' | 'skipped' | 'deletions' | 'latency'
>;

/** Why an object was not written. */
export type RestoreSkipReason =
  /** It exists already, by an earlier delivery of the same archive. */
  | 'replay'
  /** What exists is newer. */
  | 'newer-at-target'
  /** What exists does not say which write it is, and may be newer. The skip may leave something older in place. */
  | 'unordered'
  /** A user wrote what exists, and the destination says `on_conflict: "keep"`. */
  | 'kept'
  /** It was deleted at the source after it was written. */
  | 'deleted'
  /** It was restored before, and a consumer has deleted it at the destination since. */
  | 'deleted-at-target';

/** What the target service tells its operator. Implementations must not throw. */
export interface TargetTelemetry {
  archiveRestored(archive: RestoredArchive): void;
  /** Comes before the error that says what is missing. The next attempt tells of the rest only. */
  archivePartlyRestored(archive: PartlyRestoredArchive): void;
  objectSkipped(object: ObjectLocation, reason: RestoreSkipReason): void;
  deletionSkipped(object: ObjectLocation, reason: DeletionSkipReason): void;
  /** An object that this product did not write was overwritten, as `on_conflict` says. */
  conflictOverwritten(object: ObjectLocation): void;
  /** A deletion at the source has deleted an object that this product did not write, as `on_conflict` says. */
  conflictDeleted(object: ObjectLocation): void;
  /** An object was written as STANDARD, since no PUT takes the class that it had at the source. */
  storageClassReplaced(object: ObjectLocation, storageClass: string): void;
  /** The event named an archive that does not exist (any more): it was restored earlier. */
  archiveGone(archive: ObjectLocation): void;
  /** One object could not be restored; the others are. */
  objectFailed(object: ObjectLocation, error: CompressorError): void;
  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void;
  queueFailed(error: CompressorError): void;
}
