import type { ObjectDescription, ObjectHeaders, ObjectLocation, ObjectTag, UserMetadata } from './stored-object.ts';

/**
 * The storage port: exactly the calls that packing and restoring make. `src/aws` implements it with S3,
 * `test/support` in memory, and one conformance suite runs over both.
 *
 * All calls retry throttling, 5xx responses and broken connections by themselves; the error that they throw in the end
 * is one of `storage/errors.ts`.
 */

export interface ReadRequest extends ObjectLocation {
  /** Reads are pinned: another ETag at the key is an `ObjectChangedError`. */
  readonly etag: string;
  /**
   * Filled completely: its length is the number of requested bytes, and more or fewer from S3 is an error. It is not
   * used any more once the promise has settled, because the caller recycles it.
   */
  readonly into: Uint8Array;
  /** First byte of a range. Absent: the whole object is meant, and `into` has its size. */
  readonly start?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectReader {
  /**
   * @throws ObjectNotFoundError, ObjectChangedError, ObjectArchivedError, CustomerKeyError, AccessDeniedError,
   *   ObjectSizeError when the object does not have the size that `into` says, UnavailableStorageError
   */
  read(request: ReadRequest): Promise<ObjectDescription>;
}

export interface TagReader {
  /** The tags, and the version that they belong to if the bucket keeps versions. */
  readTags(location: ObjectLocation, signal?: AbortSignal): Promise<{ tags: ObjectTag[]; versionId?: string }>;
}

export interface ObjectHeadReader {
  /**
   * With the CRC-32 of the full object, if S3 has one; undefined if there is no object (or a delete marker). The 404 of
   * a HEAD gives no reason, so no work ends because of it: a conditional write or a read follows.
   */
  head(location: ObjectLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined>;
}

/** What must be true of the key at the moment of the write; anything else is a `WriteConditionError`. */
export type WriteCondition =
  | { readonly kind: 'always' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'matches'; readonly etag: string };

export interface WriteTarget extends ObjectLocation {
  readonly headers: ObjectHeaders;
  readonly metadata: UserMetadata;
  readonly tags: readonly ObjectTag[];
  /** Absent: the bucket's default, STANDARD. */
  readonly storageClass?: string;
  /** Absent: the bucket's default encryption. */
  readonly kmsKeyArn?: string;
}

export interface PutRequest extends WriteTarget {
  readonly body: Uint8Array;
  /** CRC-32 (IEEE) of `body`; S3 refuses the write when its own does not agree. */
  readonly crc32: number;
  readonly condition: WriteCondition;
  readonly signal?: AbortSignal;
}

export interface CompleteRequest {
  /** CRC-32 of the full object (all parts in order). */
  readonly crc32: number;
  /** Bytes of the full object; S3 refuses the upload if the parts do not add up to it. */
  readonly size: number;
  readonly condition: WriteCondition;
  /** The object's last part; parts with higher numbers are discarded. Absent: all parts make the object. */
  readonly lastPart?: number;
}

/** A part that S3 has. */
export interface UploadedPart {
  /** Counts from 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  readonly crc32: number;
}

/** An object as it is now. */
export interface ObjectVersion extends ObjectLocation {
  readonly etag: string;
}

/** One multipart upload. Parts may come in any order and at the same time; every part but the last has >= 5 MiB. */
export interface ObjectUpload {
  /** S3's id for the upload, by which another process can resume it. */
  readonly id: string;
  /** Parts that S3 had when the upload was opened; none for a new one. Parts without a CRC-32 are not among them. */
  readonly earlier: readonly UploadedPart[];
  /** `partNumber` counts from 1. `body` may be reused as soon as the promise settles. */
  uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void>;
  /**
   * Makes a whole object of up to 5 GiB in the same region a part of the upload; its bytes stay inside S3.
   * @param part what it must be: its bytes, and the number that it gets
   * @throws UnavailableStorageError when S3 copied other bytes, WriteConditionError when the object has changed
   */
  takePart(source: ObjectVersion, part: UploadedPart): Promise<void>;
  complete(request: CompleteRequest): Promise<WrittenVersion>;
  /** Aborts the upload, which frees its parts. Safe to call after a failure of any other call, and after `complete`. */
  abort(): Promise<void>;
}

/** The result of a write. */
export interface WrittenVersion {
  readonly etag: string;
  /** Present if the bucket keeps versions. */
  readonly versionId?: string;
}

/** The current version, or the named one. */
export interface VersionedLocation extends ObjectLocation {
  readonly versionId?: string | undefined;
}

export interface TagWriter {
  /**
   * Replaces all tags of an object that exists. S3 has no condition for this; only naming the version ensures
   * that the right object gets them.
   * @throws WriteConditionError when the object or the version is gone
   */
  putTags(location: VersionedLocation, tags: readonly ObjectTag[], signal?: AbortSignal): Promise<void>;
}

export interface ObjectWriter {
  /**
   * @throws WriteConditionError when the condition does not hold, or another write raced this one; HeadersTooLargeError when
   *   headers, metadata and tags are more than one request can carry
   */
  put(request: PutRequest): Promise<WrittenVersion>;
  createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload>;
}

/** The calls needed to resume an upload of another process. */
export interface UploadFinder {
  /** Ids of the uploads to exactly this key that are neither completed nor aborted, 1,000 at most. */
  listUploads(location: ObjectLocation, signal?: AbortSignal): Promise<string[]>;
  /** @throws UploadGoneError when it is completed, aborted or expired */
  resumeUpload(location: ObjectLocation, id: string, signal?: AbortSignal): Promise<ObjectUpload>;
}

export interface ObjectRemover {
  /**
   * Deletes the object if it still has this ETag; already gone, or replaced, is not an error.
   * @returns whether it was there to be deleted. After a lost response it may be false even if the call deleted it.
   */
  remove(version: ObjectVersion): Promise<boolean>;
}

/** A delete marker that is current, in a bucket that keeps versions. */
export interface DeletedObject {
  /** When it was created, in milliseconds since 1970. Absent if S3 does not say. */
  readonly deletedAt?: number;
  /** The version below it. Absent if there is none. */
  readonly below?: ObjectDescription;
}

export interface DeletionFinder {
  /**
   * Whether a delete marker is current at the key: one HEAD, and two more requests if there is one.
   * @returns undefined if an object exists or never existed, or the bucket keeps no versions
   */
  findDeleted(location: ObjectLocation, signal?: AbortSignal): Promise<DeletedObject | undefined>;
}

/** One version in a bucket that keeps versions. */
export interface VersionLocation extends ObjectLocation {
  readonly versionId: string;
}

export interface VersionReader {
  /**
   * undefined if the version is gone, which S3 has confirmed, so that work may end. With the CRC-32 of the full object,
   * if S3 has one.
   */
  describeVersion(version: VersionLocation, signal?: AbortSignal): Promise<ObjectDescription | undefined>;
}

export interface VersionRemover {
  /** Deletes one version permanently; does nothing if it is already gone. */
  removeVersion(version: VersionLocation): Promise<void>;
}

export interface CopySource extends VersionLocation {
  readonly etag: string;
  readonly size: number;
  /** CRC-32 of the full object, if known: a copy in parts is verified against it. */
  readonly crc32?: number | undefined;
}

/** Describes the new object completely, except for its bytes: nothing else is copied from the source. */
export interface CopyRequest extends WriteTarget {
  readonly source: CopySource;
  readonly condition: WriteCondition;
  readonly signal?: AbortSignal;
}

export interface ObjectCopier {
  /**
   * Copies within one region, inside S3: the bytes do not pass through this process, whatever their number.
   * @throws ObjectNotFoundError when the source version is gone, WriteConditionError as a write does
   */
  copy(request: CopyRequest): Promise<{ etag: string }>;
}

export type ObjectStore = ObjectReader &
  TagReader &
  TagWriter &
  ObjectHeadReader &
  DeletionFinder &
  ObjectWriter &
  UploadFinder &
  ObjectRemover;
