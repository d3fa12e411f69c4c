import type { LevelShare } from '../adaptive/level-policy.ts';
import type { CompressorError } from '../errors.ts';
import type { MessageTelemetry } from '../messages/settle-batch.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** Numbers of one archive that S3 has accepted. Bytes are bytes, times are seconds. */
export interface PackedArchive {
  readonly rule: string;
  readonly bucket: string;
  readonly key: string;
  readonly objects: number;
  /** Bytes of the objects alone: neither manifest nor tar headers count as original. */
  readonly originalBytes: number;
  /** Bytes of the whole archive, manifest and seek table included: what crosses the regions. */
  readonly archiveBytes: number;
  /** GET-class requests at the source for large objects, beyond one per object. */
  readonly largeReads: number;
  /** PUT-class requests that each destination needs for large objects, beyond one per object; and HEADs. */
  readonly largeWrites: number;
  readonly looks: number;
  /** The levels of the frames of each kind of content, and why. */
  readonly levels: readonly LevelShare[];
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Time from the earliest event of its objects until S3 accepted the archive. */
  readonly delaySeconds: number;
}

/** Why an object of a message needed no packing. */
export type SkipReason =
  /** 404 at read: deleted since the event. */
  | 'gone'
  /** 412 at read, or a later event of the same key in the batch. */
  | 'superseded'
  /** Written by this product; packing it again could lead to a loop. */
  | 'own-write'
  /** Outside the rule's prefix and suffix. */
  | 'not-in-rule'
  /** Duplicate of an earlier message about the same version. */
  | 'packed-before'
  /** A version was permanently removed, and there is no current one: that is never replicated. */
  | 'version-removed';

/** The queue in which deferred objects wait: the one that they came from, or that of the fallback. */
export type DeferredTo = 'queue' | 'fallback';

/** Numbers of one archive of deletions that S3 has accepted. */
export interface PackedDeletions {
  readonly rule: string;
  readonly bucket: string;
  readonly key: string;
  readonly deletions: number;
  /** Bytes of the whole archive. */
  readonly archiveBytes: number;
  /** Time from the earliest deletion until S3 accepted the archive. */
  readonly delaySeconds: number;
}

/** Reports the source service's work to the operator. Implementations must not throw. */
export interface PackingTelemetry extends MessageTelemetry {
  archivePacked(archive: PackedArchive): void;
  deletionsPacked(archive: PackedDeletions): void;
  objectSkipped(object: ObjectLocation, reason: SkipReason): void;
  /** A failed archive's upload could not be aborted; its parts cost money until the bucket's lifecycle removes them. */
  uploadLeftBehind(archive: ObjectLocation, error: CompressorError): void;
  /** Another worker owns the archive of a large object; the message is requeued with this delay. */
  archiveInProgress(archive: ObjectLocation, seconds: number): void;
  /**
   * Messages of objects that the invocation did not reach are requeued, or sent to the fallback, which resets their age
   * in SQS.
   * @param ageSeconds since the earliest of their events
   */
  objectsDeferred(objects: number, ageSeconds: number, to: DeferredTo): void;
  /**
   * Messages that SQS leaves out of its age metric, or soon will, return to the queue.
   * @param ageSeconds since the earliest of their events
   */
  messagesReturned(ageSeconds: number): void;
  /** Statistics of levels could not be read or written. Nothing else is affected: archives are packed with what is known. */
  statisticsLost(error: CompressorError): void;
}
