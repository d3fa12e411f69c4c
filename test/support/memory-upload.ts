import { createHash } from 'node:crypto';
import { StorageRejectedError, UploadGoneError } from '../../src/storage/errors.ts';
import type {
  CompleteRequest,
  ObjectUpload,
  ObjectVersion,
  UploadedPart,
  WriteCondition,
} from '../../src/storage/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import { verifyBody } from './memory-object-rules.ts';

export interface MemoryUploadOptions {
  readonly minimumPartSize: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the object visible; throws if the condition does not hold. */
  readonly finish: (object: { body: Buffer; etag: string; crc32: number }, condition: WriteCondition) => void;
  /** The bytes of an object that becomes a part; throws if it has changed. */
  readonly fetch: (source: ObjectVersion) => Buffer;
}

/** What S3 keeps of an upload between its creation and its end, for all clients. */
export interface UploadState extends ObjectLocation {
  readonly parts: Map<number, StoredPart>;
  open: boolean;
}

interface StoredPart {
  readonly body: Buffer;
  /** Checksum of `body`, verified when the part arrived. */
  readonly crc32: number;
}

const MAX_HASHED_BYTES = 1024 ** 2;

/**
 * Input of an ETag: the MD5 of the bytes, as in S3. Large bodies take too long to hash, so theirs is made of their size
 * and verified CRC-32: different for different bytes, and equal for equal ones.
 */
export function digestOf(body: Buffer, crc32: number): Buffer {
  const bytes = body.length > MAX_HASHED_BYTES ? `${body.length} bytes with CRC-32 ${crc32}` : body;
  return createHash('md5').update(bytes).digest();
}

export class MemoryUpload implements ObjectUpload {
  readonly id: string;
  readonly earlier: readonly UploadedPart[];
  readonly #state: UploadState;
  readonly #options: MemoryUploadOptions;

  constructor(id: string, state: UploadState, options: MemoryUploadOptions) {
    this.id = id;
    this.#state = state;
    this.#options = options;
    this.earlier = Array.from(state.parts, ([number, { body, crc32 }]) => ({
      number,
      size: body.length,
      crc32,
    })).sort((left, right) => left.number - right.number);
  }

  async uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void> {
    const copy = Buffer.from(body);
    await this.#turn();
    if (partNumber < 1 || partNumber > 10_000) throw new StorageRejectedError(`part number ${partNumber}`);
    verifyBody(this.#state, copy, crc32);
    this.#state.parts.set(partNumber, { body: copy, crc32 });
  }

  async takePart(source: ObjectVersion, { number, crc32 }: UploadedPart): Promise<void> {
    await this.uploadPart(number, this.#options.fetch(source), crc32);
  }

  async complete({ crc32, size, condition, lastPart = 10_000 }: CompleteRequest): Promise<{ etag: string }> {
    await this.#turn();
    const parts = Array.from(this.#state.parts)
      .filter(([number]) => number <= lastPart)
      .sort(([a], [b]) => a - b)
      .map(([, part]) => part);
    if (parts.length === 0) throw new StorageRejectedError('an upload without parts');
    if (parts.slice(0, -1).some(({ body }) => body.length < this.#options.minimumPartSize)) {
      throw new StorageRejectedError(`a part of less than ${this.#options.minimumPartSize} bytes that is not the last`);
    }
    const body = Buffer.concat(parts.map((part) => part.body));
    if (body.length !== size) throw new StorageRejectedError(`parts of ${body.length} bytes for an object of ${size}`);
    verifyBody(this.#state, body, crc32);
    const digests = parts.map((part) => digestOf(part.body, part.crc32));
    const etag = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`;
    this.#options.finish({ body, etag, crc32 }, condition);
    this.#state.open = false;
    return { etag };
  }

  abort(): Promise<void> {
    this.#state.open = false;
    this.#state.parts.clear();
    return Promise.resolve();
  }

  async #turn(): Promise<void> {
    await Promise.resolve();
    this.#options.signal?.throwIfAborted();
    const { bucket, key, open } = this.#state;
    if (!open) throw new UploadGoneError(`the upload to s3://${bucket}/${key} is completed or aborted`);
  }
}
