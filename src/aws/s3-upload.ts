import { crc32ToBase64 } from '../archive/checksum.ts';
import { StorageUnavailableError } from '../storage/errors.ts';
import type { CompleteRequest, ObjectUpload, WriteTarget } from '../storage/object-store.ts';
import { requireHeader, stripQuotes } from './describe-object.ts';
import { encodeUriComponent } from './encode-key.ts';
import { UploadGoneError } from './errors.ts';
import type { S3Call, S3Connection } from './s3-connection.ts';
import { encodeText, readText } from './s3-xml.ts';
import { buildConditionHeaders, buildObjectHeaders } from './write-headers.ts';

interface UploadedPart {
  readonly etag: string;
  readonly crc32: string;
}

/** Opens a multipart upload whose checksum S3 keeps, and verifies, over the full object. */
export async function createS3Upload(
  connection: S3Connection,
  target: WriteTarget,
  signal?: AbortSignal,
): Promise<ObjectUpload> {
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

interface UploadAddress {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly signal: AbortSignal | undefined;
}

class S3Upload implements ObjectUpload {
  readonly #connection: S3Connection;
  readonly #address: UploadAddress;
  readonly #query: string;
  readonly #parts = new Map<number, UploadedPart>();
  readonly #running = new Set<Promise<unknown>>();
  #completed = false;

  constructor(connection: S3Connection, address: UploadAddress) {
    this.#connection = connection;
    this.#address = address;
    this.#query = `uploadId=${encodeUriComponent(address.uploadId)}`;
  }

  async uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void> {
    const checksum = crc32ToBase64(crc32);
    const sending = this.#send({
      operation: 'UploadPart',
      method: 'PUT',
      query: `partNumber=${partNumber}&${this.#query}`,
      headers: ['x-amz-checksum-crc32', checksum],
      body,
      signal: this.#address.signal,
    });
    this.#running.add(sending);
    try {
      const { headers } = await sending;
      this.#parts.set(partNumber, { etag: requireHeader(headers, 'etag'), crc32: checksum });
    } finally {
      this.#running.delete(sending);
    }
  }

  async complete({ crc32, size, condition }: CompleteRequest): Promise<{ etag: string }> {
    const { body } = await this.#send({
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
      body: Buffer.from(listParts(this.#parts)),
      signal: this.#address.signal,
    });
    this.#completed = true;
    return { etag: stripQuotes(requireText(body, 'ETag')) };
  }

  async abort(): Promise<void> {
    if (this.#completed) return;
    // A part that arrives after the abort would stay, and cost, until a lifecycle rule removes it.
    await Promise.allSettled(this.#running);
    try {
      await this.#send({ operation: 'AbortMultipartUpload', method: 'DELETE', query: this.#query, headers: [] });
    } catch (error) {
      if (!(error instanceof UploadGoneError)) throw error;
    }
  }

  #send(call: Omit<S3Call, 'kind' | 'bucket' | 'key'>): ReturnType<S3Connection['send']> {
    const { bucket, key } = this.#address;
    return this.#connection.send({ kind: 'write', bucket, key, ...call });
  }
}

function listParts(parts: ReadonlyMap<number, UploadedPart>): string {
  const items = Array.from(parts)
    .sort(([a], [b]) => a - b)
    .map(
      ([number, { etag, crc32 }]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${encodeText(etag)}</ETag><ChecksumCRC32>${crc32}</ChecksumCRC32></Part>`,
    );
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${items.join('')}</CompleteMultipartUpload>`;
}

function requireText(xml: string, name: string): string {
  const text = readText(xml, name);
  if (text === undefined)
    throw new StorageUnavailableError(`An answer without <${name}> is not one of S3: ${xml.slice(0, 200)}`);
  return text;
}
