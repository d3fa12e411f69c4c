import { crc32 } from 'node:zlib';
import { HeadersTooLargeError, StorageRejectedError, UnavailableStorageError } from '../../src/storage/errors.ts';
import type { WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';

const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 2048;
const MAX_TAGS = 10;
const PUT_CLASSES = new Set([
  ...['STANDARD', 'REDUCED_REDUNDANCY', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING'],
  ...['GLACIER', 'GLACIER_IR', 'DEEP_ARCHIVE'],
]);

/** 8 KB per request, minus 500 bytes for its signature and 1,000 for the token of a role. */
const MAX_OBJECT_HEADERS = 8192 - 1500;

/** @throws StorageRejectedError if the object would exceed a limit of S3 */
export function verifyTarget(target: WriteTarget): void {
  const { bucket, key, metadata, tags, storageClass = 'STANDARD' } = target;
  if (!PUT_CLASSES.has(storageClass)) reject(`storage class ${storageClass} for s3://${bucket}/${key}`);
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes === 0 || keyBytes > MAX_KEY_BYTES) reject(`a key of ${keyBytes} bytes in ${bucket}`);
  const metadataBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (metadataBytes > MAX_METADATA_BYTES) reject(`${metadataBytes} bytes of metadata for s3://${bucket}/${key}`);
  verifyTags({ bucket, key, tags });
}

/**
 * Not for objects that users put with a form or a copy, where metadata is not in headers.
 * @throws HeadersTooLargeError
 */
export function verifyHeaders(target: WriteTarget): void {
  const bytes = sentBytes(target);
  if (bytes <= MAX_OBJECT_HEADERS) return;
  throw new HeadersTooLargeError(`${bytes} bytes of headers for s3://${target.bucket}/${target.key}`);
}

/** @throws StorageRejectedError */
export function verifyTags({ bucket, key, tags }: Pick<WriteTarget, 'bucket' | 'key' | 'tags'>): void {
  if (tags.length > MAX_TAGS) reject(`${tags.length} tags for s3://${bucket}/${key}`);
  if (new Set(tags.map((tag) => tag.key)).size !== tags.length) reject(`the same tag twice for s3://${bucket}/${key}`);
}

/** Bytes of the object's headers, as they are sent. */
function sentBytes({ headers, metadata, tags }: WriteTarget): number {
  const system = (Object.values(headers) as string[]).join('').length;
  const user = Object.entries(metadata).map(
    ([name, value]) => `x-amz-meta-${name}: ${isAscii(value) ? value : base64(value)}`,
  );
  const tagging = tags.map(({ key, value }) => `&${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('');
  return system + user.join('').length + tagging.length;
}

function isAscii(value: string): boolean {
  return value.length === Buffer.byteLength(value);
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

/** S3 answers a wrong checksum with BadDigest, which its adapter retries until it reports "unavailable". */
export function verifyBody({ bucket, key }: ObjectLocation, body: Uint8Array, expected: number): void {
  if (crc32(body) === expected) return;
  throw new UnavailableStorageError(
    `the body for s3://${bucket}/${key} does not match the checksum that was sent with it`,
    {
      context: { bucket, key, s3Code: 'BadDigest' },
    },
  );
}

function reject(reason: string): never {
  throw new StorageRejectedError(`refused: ${reason}`);
}
