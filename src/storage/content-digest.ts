import { hash } from 'node:crypto';
import type { ObjectHeaders, UserMetadata } from './stored-object.ts';

/**
 * The input of a stamp's digest: everything that S3 reports about an object in one HEAD and that only a write can
 * change.
 */
export interface WrittenContent {
  /** Bytes. */
  readonly size: number;
  /** CRC-32 of the full object. Absent: unknown when the write began (archives of the public implementation). */
  readonly crc32?: number | undefined;
  readonly headers: ObjectHeaders;
  /** Metadata without the stamp. */
  readonly metadata: UserMetadata;
}

/** Hex digits. The digest distinguishes edits from our own writes; it does not protect against a forged stamp. */
export const DIGEST_DIGITS = 12;

/** S3 reports this for an object that was put without a type. */
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** Digest of an object's properties, the same before the write and in S3's response after it. */
export function digestContent({ size, crc32, headers, metadata }: WrittenContent): string {
  const content = [
    size,
    crc32 ?? null,
    headers.contentType ?? DEFAULT_CONTENT_TYPE,
    withoutChunking(headers.contentEncoding),
    headers.contentDisposition ?? '',
    headers.contentLanguage ?? '',
    headers.cacheControl ?? '',
    headers.expires ?? '',
    headers.websiteRedirectLocation ?? '',
    Object.entries(metadata).sort(([left], [right]) => (left < right ? -1 : 1)),
  ];
  return hash('sha256', JSON.stringify(content)).slice(0, DIGEST_DIGITS);
}

/**
 * Whether the object that S3 describes matches a digest. Our objects always have a CRC-32 in S3: one without was
 * written by someone else, unless its digest was computed without it.
 */
export function matchesDigest(found: WrittenContent, digest: string): boolean {
  return digestContent(found) === digest || digestContent({ ...found, crc32: undefined }) === digest;
}

/** `aws-chunked` describes the transfer of a body; some servers keep it, S3 removes it. */
function withoutChunking(encoding = ''): string {
  return encoding
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'aws-chunked')
    .join(',');
}
