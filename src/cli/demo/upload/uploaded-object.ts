import type { ObjectDress } from '../input/planned-object.ts';

/** One PUT that the source bucket accepted. */
export interface UploadedVersion {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Hex, of the bytes that were read here: neither S3 nor the pipeline had a part in it. */
  readonly sha256: string;
  /** Milliseconds since 1970, before the first byte was sent. */
  readonly begun: number;
}

/** What the source bucket holds in the end, and so every target bucket must hold. */
export interface UploadedObject extends UploadedVersion {
  readonly dress: ObjectDress;
  /** How often a target has to write it, at least and at most: replays and older versions do not count as writes. */
  readonly writes: readonly [min: number, max: number];
}

/** An object in an archive: which version it is of. */
export type PackedVersion = Pick<UploadedVersion, 'key' | 'etag'>;
