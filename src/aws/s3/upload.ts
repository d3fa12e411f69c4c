import { crc32ToBase64 } from '../../archive/checksum.ts';
import { UnavailableStorageError, UploadGoneError } from '../../storage/errors.ts';
import type {
  CompleteRequest,
  ObjectUpload,
  ObjectVersion,
  UploadedPart,
  WriteTarget,
  WrittenVersion,
} from '../../storage/object-store.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { S3Call, S3Connection } from './connection.ts';
import { requireHeader, stripQuotes, withVersion } from './describe-object.ts';
import { encodeKey, encodeUriComponent } from './encode-key.ts';
import { listParts } from './list-uploads.ts';
import type { UploadAddress } from './upload-address.ts';
import { buildConditionHeaders, buildObjectHeaders } from './write-headers.ts';
import { encodeText, readText } from './xml.ts';

/** A part as the request that completes the upload names it. */
interface SentPart {
  readonly etag: string;
  /** Base64. Absent for a copied part if S3 did not report it. */
  readonly crc32: string | undefined;
}

/** Bytes of a version that S3 copies into a part. */
export interface CopiedRange {
  /** As `x-amz-copy-source` has it, see s3-copy.ts. */
  readonly sourceHeaders: readonly string[];
  readonly start: number;
  readonly length: number;
}

/** Opens a multipart upload for which S3 stores and verifies a checksum of the full object. */
export async function createS3Upload(
  connection: S3Connection,
  target: WriteTarget,
  signal?: AbortSignal,
): Promise<S3Upload> {
  const { bucket, key } = target;
  const { body } = await connection.send({
    kind: 'write',
    operation: 'CreateMultipartUpload',
    method: 'POST',
    bucket,
    key,
    query: 'uploads=',
    headers: [...buildObjectHeaders(target), 'x-amz-checksum-algorithm', 'CRC32', 'x-amz-checksum-type', 'FULL_OBJECT'],
    signal,
  });
  return new S3Upload(connection, { bucket, key, uploadId: requireText(body, 'UploadId'), signal });
}

/** Resumes an upload that `createS3Upload` began in this or another process. */
export async function resumeS3Upload(
  connection: S3Connection,
  { bucket, key }: ObjectLocation,
  uploadId: string,
  signal?: AbortSignal,
): Promise<ObjectUpload> {
  const parts = await listParts(connection, { bucket, key, uploadId, signal });
  return new S3Upload(connection, { bucket, key, uploadId, signal }, parts);
}

/** One multipart upload over S3's REST interface. */
export class S3Upload implements ObjectUpload {
  readonly #connection: S3Connection;
  readonly #address: UploadAddress;
  readonly id: string;
  readonly earlier: readonly UploadedPart[];
  readonly #query: string;
  readonly #parts = new Map<number, SentPart>();
  readonly #running = new Set<Promise<unknown>>();
  #completed = false;

  constructor(
    connection: S3Connection,
    address: UploadAddress,
    earlier: readonly (UploadedPart & { readonly etag: string })[] = [],
  ) {
    this.#connection = connection;
    this.#address = address;
    this.id = address.uploadId;
    this.earlier = earlier;
    this.#query = `uploadId=${encodeUriComponent(address.uploadId)}`;
    for (const { number, etag, crc32 } of earlier) this.#parts.set(number, { etag, crc32: crc32ToBase64(crc32) });
  }

  async uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void> {
    const checksum = crc32ToBase64(crc32);
    const { headers } = await this.#track({
      operation: 'UploadPart',
      method: 'PUT',
      query: `partNumber=${partNumber}&${this.#query}`,
      headers: ['x-amz-checksum-crc32', checksum],
      body,
      signal: this.#address.signal,
    });
    this.#parts.set(partNumber, { etag: requireHeader(headers, 'etag'), crc32: checksum });
  }

  /** @returns the CRC-32 of the part in base64, if S3 reports it */
  async copyPart(partNumber: number, { sourceHeaders, start, length }: CopiedRange): Promise<string | undefined> {
    const { body } = await this.#track({
      operation: 'UploadPartCopy',
      method: 'PUT',
      query: `partNumber=${partNumber}&${this.#query}`,
      headers: [...sourceHeaders, 'x-amz-copy-source-range', `bytes=${start}-${start + length - 1}`],
      copiedBytes: length,
      signal: this.#address.signal,
    });
    const part = { etag: requireText(body, 'ETag'), crc32: readText(body, 'ChecksumCRC32') };
    this.#parts.set(partNumber, part);
    return part.crc32;
  }

  async takePart(source: ObjectVersion, { number, size, crc32 }: UploadedPart): Promise<void> {
    const { body } = await this.#track({
      operation: 'UploadPartCopy',
      method: 'PUT',
      query: `partNumber=${number}&${this.#query}`,
      headers: [
        'x-amz-copy-source',
        `${source.bucket}/${encodeKey(source.key)}`,
        'x-amz-copy-source-if-match',
        `"${source.etag}"`,
      ],
      copiedBytes: size,
      signal: this.#address.signal,
    });
    const checksum = crc32ToBase64(crc32);
    const copied = readText(body, 'ChecksumCRC32') ?? checksum;
    if (copied !== checksum) {
      const { bucket, key } = this.#address;
      throw new UnavailableStorageError(
        `Part ${number} of s3://${bucket}/${key} does not have the CRC-32 of its source`,
        {
          context: { bucket, key, part: number, expected: checksum, actual: copied },
        },
      );
    }
    this.#parts.set(number, { etag: requireText(body, 'ETag'), crc32: checksum });
  }

  async complete({ crc32, size, condition, lastPart }: CompleteRequest): Promise<WrittenVersion> {
    const { body, headers } = await this.#send({
      operation: 'CompleteMultipartUpload',
      method: 'POST',
      query: this.#query,
      headers: [
        'content-type',
        'application/xml',
        'x-amz-checksum-crc32',
        crc32ToBase64(crc32),
        'x-amz-checksum-type',
        'FULL_OBJECT',
        'x-amz-mp-object-size',
        String(size),
        ...buildConditionHeaders(condition),
      ],
      body: Buffer.from(nameParts(this.#parts, lastPart)),
      signal: this.#address.signal,
    });
    this.#completed = true;
    return withVersion(stripQuotes(requireText(body, 'ETag')), headers);
  }

  async abort(): Promise<void> {
    if (this.#completed) return;
    // A part that arrives after the abort would remain, and cost money, until a lifecycle rule removes it.
    await Promise.allSettled(this.#running);
    try {
      await this.#send({ operation: 'AbortMultipartUpload', method: 'DELETE', query: this.#query, headers: [] });
    } catch (error) {
      if (!(error instanceof UploadGoneError)) throw error;
    }
  }

  /** Sends a part; an abort waits for it. */
  async #track(call: Omit<S3Call, 'kind' | 'bucket' | 'key'>): ReturnType<S3Connection['send']> {
    const sending = this.#send(call);
    this.#running.add(sending);
    try {
      return await sending;
    } finally {
      this.#running.delete(sending);
    }
  }

  #send(call: Omit<S3Call, 'kind' | 'bucket' | 'key'>): ReturnType<S3Connection['send']> {
    const { bucket, key } = this.#address;
    return this.#connection.send({ kind: 'write', bucket, key, ...call });
  }
}

function nameParts(parts: ReadonlyMap<number, SentPart>, lastPart = Number.POSITIVE_INFINITY): string {
  const items = Array.from(parts)
    .filter(([number]) => number <= lastPart)
    .sort(([a], [b]) => a - b)
    .map(([number, { etag, crc32 }]) => {
      const checksum = crc32 === undefined ? '' : `<ChecksumCRC32>${crc32}</ChecksumCRC32>`;
      return `<Part><PartNumber>${number}</PartNumber><ETag>${encodeText(etag)}</ETag>${checksum}</Part>`;
    });
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${items.join('')}</CompleteMultipartUpload>`;
}

function requireText(xml: string, name: string): string {
  const text = readText(xml, name);
  if (text === undefined)
    throw new UnavailableStorageError(`This response has no <${name}>, so it is not from S3: ${xml.slice(0, 200)}`);
  return text;
}
