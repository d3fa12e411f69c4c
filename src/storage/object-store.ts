import type { ObjectDescription, ObjectHeaders, ObjectLocation, ObjectTag, UserMetadata } from './stored-object.ts';

/**
 * The storage port: exactly the calls that packing and restoring make. `src/aws` serves it from S3,
 * `test/support` from memory, and one conformance suite runs over both.
 *
 * All calls retry throttling, 5xx answers and broken connections by themselves; what they throw in the end
 * is one of `storage/errors.ts`.
 */

export interface ReadRequest extends ObjectLocation {
  /** Reads are pinned: another ETag at the key is an `ObjectChangedError`. */
  readonly etag: string;
  /**
   * Filled completely. Its length is the number of bytes asked for; more or fewer from S3 is an error.
   * Not touched any more once the promise has settled, whichever way: the caller recycles it.
   */
  readonly into: Uint8Array;
  /** First byte of a range. Absent: the whole object is meant, and `into` has its size. */
  readonly start?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectReader {
  /**
   * @throws ObjectNotFoundError, ObjectChangedError, ObjectArchivedError, CustomerKeyError, AccessDeniedError,
   *   ObjectSizeError when the object has not the size that `into` says, StorageUnavailableError
   */
  read(request: ReadRequest): Promise<ObjectDescription>;
}

export interface TagReader {
  /** The tags, and the version they belong to where the bucket keeps versions. */
  readTags(location: ObjectLocation, signal?: AbortSignal): Promise<{ tags: ObjectTag[]; versionId?: string }>;
}

export interface ObjectHeadReader {
  /** undefined when nothing is there (a delete marker counts as nothing). */
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
  /** Bytes of the full object; S3 refuses when the parts do not add up. */
  readonly size: number;
  readonly condition: WriteCondition;
}

/** One multipart upload. Parts may come in any order and at the same time; every part but the last has >= 5 MiB. */
export interface ObjectUpload {
  /** `partNumber` counts from 1. `body` may be reused as soon as the promise settles. */
  uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void>;
  complete(request: CompleteRequest): Promise<{ etag: string }>;
  /** Gives the parts back. Safe to call after a failure of any other call, and after `complete`. */
  abort(): Promise<void>;
}

export interface ObjectWriter {
  /** @throws WriteConditionError when the condition does not hold, or another write raced this one */
  put(request: PutRequest): Promise<{ etag: string }>;
  createUpload(target: WriteTarget, signal?: AbortSignal): Promise<ObjectUpload>;
}

export interface ObjectRemover {
  /** Deletes the object if it still has this ETag; already gone, or replaced, is not an error. */
  remove(location: ObjectLocation & { readonly etag: string }): Promise<void>;
}

export type ObjectStore = ObjectReader & TagReader & ObjectHeadReader & ObjectWriter & ObjectRemover;
