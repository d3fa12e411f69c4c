import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import type { FailureFate } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { LatencyDistribution } from './latency-distribution.ts';

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
  'rule' | 'bucket' | 'key' | 'restored' | 'overwritten' | 'skipped' | 'latency'
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
  | 'kept';

/** What the target service tells its operator. Implementations must not throw. */
export interface TargetTelemetry {
  archiveRestored(archive: RestoredArchive): void;
  /** Comes before the error that says what is missing. The next attempt tells of the rest only. */
  archivePartlyRestored(archive: PartlyRestoredArchive): void;
  objectSkipped(object: ObjectLocation, reason: RestoreSkipReason): void;
  /** An object that this product did not write was overwritten, as `on_conflict` says. */
  conflictOverwritten(object: ObjectLocation): void;
  /** An object was written as STANDARD, since no PUT takes the class that it had at the source. */
  storageClassReplaced(object: ObjectLocation, storageClass: string): void;
  /** The event named an archive that does not exist (any more): it was restored earlier. */
  archiveGone(archive: ObjectLocation): void;
  /** One object could not be restored; the others are. */
  objectFailed(object: ObjectLocation, error: CompressorError): void;
  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void;
  queueFailed(error: CompressorError): void;
}
