import { encodeMetadataValue } from './encoded-words.ts';
import type { WriteTarget } from './object-store.ts';
import type { ObjectHeaders } from './stored-object.ts';

/**
 * The system metadata that a PUT can set, and the header of each. Values are passed on unchanged, byte for byte
 * (latin1).
 */
export const HEADER_NAMES = {
  contentType: 'content-type',
  contentEncoding: 'content-encoding',
  contentDisposition: 'content-disposition',
  contentLanguage: 'content-language',
  cacheControl: 'cache-control',
  expires: 'expires',
  websiteRedirectLocation: 'x-amz-website-redirect-location',
} as const satisfies Record<keyof ObjectHeaders, string>;

/** S3 refuses a request with more: error RequestHeaderSectionTooLarge, MaxSizeAllowed 8192. */
const MAX_REQUEST_HEADERS = 8192;
/** `host`, `content-length`, `authorization`, dates, checksum and condition of a write: 610 bytes at most. */
const REQUEST_BYTES = 640;
/** `x-amz-security-token`. AWS promises no limit; those of functions and tasks have some 1,200 characters. */
const TOKEN_BYTES = 1536;
/** Max bytes of a write's headers about its object. */
const MAX_OBJECT_HEADERS = MAX_REQUEST_HEADERS - REQUEST_BYTES - TOKEN_BYTES;
/**
 * Headers that a restore adds to the object's own: its stamp as metadata and as a tag, storage class, encryption key.
 */
const RESTORING_BYTES = 700;

/** `: ` and the end of the line. */
const LINE_BYTES = 4;

type Described = Pick<WriteTarget, 'headers' | 'metadata' | 'tags' | 'storageClass' | 'kmsKeyArn'>;

/** Whether one request can carry all of it: the PUT of the object, or the request that begins its upload. */
export function fitsRequest(target: Described): boolean {
  return headerBytes(target) <= MAX_OBJECT_HEADERS;
}

/** Whether an object can be restored at all: its tags can follow in a separate request, but nothing else can. */
export function isRestorable({ headers, metadata }: Pick<Described, 'headers' | 'metadata'>): boolean {
  return headerBytes({ headers, metadata, tags: [] }) + RESTORING_BYTES <= MAX_OBJECT_HEADERS;
}

/** Bytes of the headers of a write that describe the object. */
export function headerBytes({ headers, metadata, tags, storageClass, kmsKeyArn }: Described): number {
  let bytes = 0;
  for (const [field, name] of Object.entries(HEADER_NAMES) as [keyof ObjectHeaders, string][]) {
    bytes += lineBytes(name, headers[field]);
  }
  for (const [name, value] of Object.entries(metadata)) {
    bytes += lineBytes(`x-amz-meta-${name}`, encodeMetadataValue(value));
  }
  if (tags.length > 0) bytes += lineBytes('x-amz-tagging', encodeTags(tags));
  bytes += lineBytes('x-amz-storage-class', storageClass);
  if (kmsKeyArn !== undefined) {
    bytes += lineBytes('x-amz-server-side-encryption', 'aws:kms');
    bytes += lineBytes('x-amz-server-side-encryption-aws-kms-key-id', kmsKeyArn);
  }
  return bytes;
}

/** The value of `x-amz-tagging`. */
export function encodeTags(tags: WriteTarget['tags']): string {
  return tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
}

/** Names of signed headers occur twice, since the signature lists them. */
function lineBytes(name: string, value: string | undefined): number {
  if (value === undefined) return 0;
  const listed = name.startsWith('x-amz-') || name === 'content-type' ? name.length + 1 : 0;
  return name.length + LINE_BYTES + value.length + listed;
}
