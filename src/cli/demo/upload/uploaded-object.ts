import type { ObjectAttributes } from '../input/planned-object.ts';

/** One PUT that the source bucket accepted. */
export interface UploadedVersion {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Hex, of the bytes that were read here, independently of S3 and the pipeline. */
  readonly sha256: string;
  /** Milliseconds since 1970, before the first byte was sent. */
  readonly begun: number;
}

/** The final contents of the source bucket, which every target bucket must have. */
export interface UploadedObject extends UploadedVersion {
  readonly attributes: ObjectAttributes;
  /**
   * The min and max number of times that a target has to write it: replays and older versions do not count as writes.
   */
  readonly writes: readonly [min: number, max: number];
}

/** An object in an archive: which version it is of. */
export type PackedVersion = Pick<UploadedVersion, 'key' | 'etag'>;
