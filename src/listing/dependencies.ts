/** An object as described by a listing or an inventory. */
export interface ObjectEntry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. Absent: an inventory without that field. */
  readonly etag?: string;
  /** Milliseconds since 1970. Absent: an inventory without that field. */
  readonly lastModified?: number;
  /** Absent: an inventory without that field. */
  readonly storageClass?: string;
}

/** An object as S3 lists it. */
export type ListedObject = Required<ObjectEntry>;

export interface PageRequest {
  readonly bucket: string;
  readonly prefix: string;
  /** Only keys after this one, in S3's order. */
  readonly startAfter?: string;
  /** Default: 1,000, S3's maximum. */
  readonly maxKeys?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectPage {
  /** In the order of keys. */
  readonly objects: readonly ListedObject[];
  /** Whether there are more keys after the last of these. */
  readonly isTruncated: boolean;
}

/** The part of S3 that listing needs. */
export interface ObjectPager {
  /** @throws the errors of the storage port, or the reason of the signal when that aborts */
  page(request: PageRequest): Promise<ObjectPage>;
}
