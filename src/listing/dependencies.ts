/** What a listing or an inventory says of an object. */
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
  /** 1,000, S3's maximum, if not given. */
  readonly maxKeys?: number;
  readonly signal?: AbortSignal;
}

export interface ObjectPage {
  /** In the order of keys. */
  readonly objects: readonly ListedObject[];
  /** Whether keys follow after the last of these. */
  readonly isTruncated: boolean;
}

/** What listing needs of S3. */
export interface ObjectPager {
  /** @throws the errors of the storage port, or the reason of the signal when that aborts */
  page(request: PageRequest): Promise<ObjectPage>;
}
