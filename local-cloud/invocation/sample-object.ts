import { createHash } from 'node:crypto';
import { MIB } from '../../src/units.ts';

/** The AWS CLI's part size, which most multipart uploads use. */
export const SAMPLE_PART_BYTES = 8 * MIB;

/** Body of an object that an event names: lines of its own key, as many bytes as the event says. */
export function makeSampleBody(key: string, size: number): Buffer {
  return Buffer.alloc(size, `${key}\n`);
}

export function makeSampleParts(body: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(body.length / SAMPLE_PART_BYTES));
  return Array.from({ length: count }, (_, index) =>
    body.subarray(index * SAMPLE_PART_BYTES, (index + 1) * SAMPLE_PART_BYTES),
  );
}

/** True for the ETag of a multipart upload: `<digest>-<parts>`. */
export function isMultipartETag(etag: string): boolean {
  return /-\d+$/.test(etag);
}

/** ETag that S3 gives a body without KMS: its MD5, or that of its parts' MD5s with their number. */
export function makeSampleETag(body: Buffer, isMultipart: boolean): string {
  if (!isMultipart) return md5(body).toString('hex');
  const parts = makeSampleParts(body);
  return `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}`;
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}
