/** The address of an object. Keys are the real ones: decoded, any bytes S3 allows, never a file path. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** System metadata that S3 keeps for an object and that a PUT can set again, exactly as received. */
export interface ObjectHeaders {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  /** The raw header, not a date: S3 accepts and returns any text here. */
  readonly expires?: string;
  readonly websiteRedirectLocation?: string;
}

/** User metadata: lower-case names without `x-amz-meta-`, values as Unicode (RFC 2047 already decoded). */
export type UserMetadata = Readonly<Record<string, string>>;

export interface ObjectTag {
  readonly key: string;
  readonly value: string;
}

/** S3's description of an object, without its bytes. */
export interface ObjectDescription {
  /** Bytes of the whole object, even when only a range was read. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly headers: ObjectHeaders;
  readonly metadata: UserMetadata;
  /** `STANDARD` when S3 leaves the header out. */
  readonly storageClass: string;
  /** `ARCHIVE_ACCESS` or `DEEP_ARCHIVE_ACCESS` of INTELLIGENT_TIERING; absent if the bytes can be read. */
  readonly archiveStatus?: string;
  /** 0 when the object has none, or when the caller may not read tags. */
  readonly tagCount: number;
  /** Number of metadata entries that S3 has but cannot return in a header (`x-amz-missing-meta`). */
  readonly missingMetadata: number;
  readonly versionId?: string;
  /** `PENDING`, `COMPLETED`, `FAILED` or `REPLICA`; absent if no replication rule covers the object. */
  readonly replicationStatus?: string;
  /** CRC-32 that S3 itself stores for the full object, if it has one; not for reads of a range. */
  readonly crc32?: number;
  /**
   * When S3 answered, by S3's own clock: milliseconds since 1970, rounded down to the second. Absent if it is unknown.
   */
  readonly answeredAt?: number;
}
