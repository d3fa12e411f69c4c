import type { CompressorError } from '../errors.ts';
import type { MessageTelemetry } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { LatencyDistribution } from './latency-distribution.ts';

/** Why a deletion did not delete anything. */
export type DeletionSkipReason =
  /** There is no object at the key. */
  | 'absent'
  /** The object at the key was written after the deletion. */
  | 'newer-at-target'
  /** Another writer put the object at the key, and the destination says `on_conflict: "keep"`. */
  | 'kept';

/** The result of a deletion. */
export type DeletionResult = 'deleted' | DeletionSkipReason;

/** The results of deletions at the source. */
export interface RestoredDeletions {
  /** Objects that were deleted. */
  readonly deleted: number;
  /** Deletions that did not delete anything. */
  readonly skipped: Readonly<Partial<Record<DeletionSkipReason, number>>>;
}

/** Numbers of one archive whose objects for this region are all restored. */
export interface RestoredArchive {
  readonly rule: string;
  readonly bucket: string;
  readonly key: string;
  /** Object writes that were due: objects x destinations of this region. */
  readonly objects: number;
  readonly restored: number;
  /** Those of `restored` that overwrote an existing object. */
  readonly overwritten: number;
  readonly skipped: number;
  /** Absent if there were no deletions. */
  readonly deletions?: RestoredDeletions;
  /** Bytes of the restored objects. */
  readonly bytes: number;
  readonly archiveBytes: number;
  readonly decompressionCpuSeconds: number;
  readonly seconds: number;
  /** Seconds from each source event until its object was restored, for the objects that this attempt wrote. */
  readonly latency: LatencyDistribution;
}

/** The part of an archive that an attempt wrote before it had to leave the rest to another one. */
export type PartlyRestoredArchive = Pick<
  RestoredArchive,
  'rule' | 'bucket' | 'key' | 'restored' | 'overwritten' | 'skipped' | 'deletions' | 'latency'
>;

/** Why an object was not written. */
export type RestoreSkipReason =
  /** It exists already, from an earlier delivery of the same archive. */
  | 'replay'
  /** The existing object is newer. */
  | 'newer-at-target'
  /** The existing object does not show which write it is, and may be newer. The skip may keep an older object. */
  | 'unordered'
  /** A user wrote the existing object, and the destination says `on_conflict: "keep"`. */
  | 'kept'
  /** It was deleted at the source after it was written. */
  | 'deleted'
  /** It was restored before, and a consumer has deleted it at the destination since. */
  | 'deleted-at-target';

/** Reports the target service's work to the operator. Implementations must not throw. */
export interface RestoringTelemetry extends MessageTelemetry {
  archiveRestored(archive: RestoredArchive): void;
  /** Called before the error that says what is missing. The next attempt reports only the rest. */
  archivePartlyRestored(archive: PartlyRestoredArchive): void;
  objectSkipped(object: ObjectLocation, reason: RestoreSkipReason): void;
  deletionSkipped(object: ObjectLocation, reason: DeletionSkipReason): void;
  /** An object that this product did not write was overwritten, as `on_conflict` says. */
  conflictOverwritten(object: ObjectLocation): void;
  /** A deletion at the source has deleted an object that this product did not write, as `on_conflict` says. */
  conflictDeleted(object: ObjectLocation): void;
  /** An object was written as STANDARD, since a PUT does not accept its class at the source. */
  storageClassReplaced(object: ObjectLocation, storageClass: string): void;
  /** The event named an archive that does not exist (any more): it was restored earlier. */
  archiveGone(archive: ObjectLocation): void;
  /** One object could not be restored; the others are. */
  objectFailed(object: ObjectLocation, error: CompressorError): void;
}
