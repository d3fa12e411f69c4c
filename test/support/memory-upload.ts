import { createHash } from 'node:crypto';
import { UploadGoneError } from '../../src/aws/errors.ts';
import { StorageRejectedError } from '../../src/storage/errors.ts';
import type { CompleteRequest, ObjectUpload, WriteCondition } from '../../src/storage/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import { verifyBody } from './memory-object-rules.ts';

export interface MemoryUploadOptions {
  readonly minimumPartSize: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the object visible; throws when the condition does not hold. */
  readonly finish: (object: { body: Buffer; etag: string; crc32: number }, condition: WriteCondition) => void;
}

export class MemoryUpload implements ObjectUpload {
  readonly #location: ObjectLocation;
  readonly #options: MemoryUploadOptions;
  readonly #parts = new Map<number, Buffer>();
  #open = true;

  constructor(location: ObjectLocation, options: MemoryUploadOptions) {
    this.#location = location;
    this.#options = options;
  }

  async uploadPart(partNumber: number, body: Uint8Array, crc32: number): Promise<void> {
    const copy = Buffer.from(body);
    await this.#turn();
    if (partNumber < 1 || partNumber > 10_000) throw new StorageRejectedError(`part number ${partNumber}`);
    verifyBody(this.#location, copy, crc32);
    this.#parts.set(partNumber, copy);
  }

  async complete({ crc32, size, condition }: CompleteRequest): Promise<{ etag: string }> {
    await this.#turn();
    const parts = Array.from(this.#parts)
      .sort(([a], [b]) => a - b)
      .map(([, part]) => part);
    if (parts.length === 0) throw new StorageRejectedError('an upload without parts');
    if (parts.slice(0, -1).some((part) => part.length < this.#options.minimumPartSize)) {
      throw new StorageRejectedError(`a part of less than ${this.#options.minimumPartSize} bytes that is not the last`);
    }
    const body = Buffer.concat(parts);
    if (body.length !== size) throw new StorageRejectedError(`parts of ${body.length} bytes for an object of ${size}`);
    verifyBody(this.#location, body, crc32);
    const digests = parts.map((part) => createHash('md5').update(part).digest());
    const etag = `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`;
    this.#options.finish({ body, etag, crc32 }, condition);
    this.#open = false;
    return { etag };
  }

  abort(): Promise<void> {
    this.#open = false;
    this.#parts.clear();
    return Promise.resolve();
  }

  async #turn(): Promise<void> {
    await Promise.resolve();
    this.#options.signal?.throwIfAborted();
    const { bucket, key } = this.#location;
    if (!this.#open) throw new UploadGoneError(`the upload to s3://${bucket}/${key} is completed or aborted`);
  }
}
