import { combineCrc32, crc32 } from '../archive/checksum.ts';
import { MAX_FRAME_SIZE, MAX_PARTS, MIB } from '../archive/format.ts';
import type { BufferPool } from '../compression/buffer-pool.ts';
import { compressBound } from '../compression/zstd-frames.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import type { ObjectUpload, ObjectWriter, WriteTarget } from '../storage/object-store.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';

/** A part is sent when it has this many bytes; one more frame may make it larger. */
const PART_TARGET = 8 * MIB;
/** Bytes of a part buffer: a part just under its target, and one frame that did not compress. */
export const PART_BUFFER_SIZE = PART_TARGET + compressBound(MAX_FRAME_SIZE);
const CONTENT_TYPE = 'application/zstd';

/**
 * Sends an archive while it is made: bytes are appended in order, collected into parts of whole frames and uploaded as
 * soon as a part is full. An archive of less than one part is a single PUT.
 */
export class ArchiveUpload {
  /** Bytes appended so far. */
  size = 0;
  readonly #store: ObjectWriter;
  readonly #target: WriteTarget;
  readonly #buffers: BufferPool;
  readonly #signal: AbortSignal;
  readonly #sending: Promise<void>[] = [];
  #upload: Promise<ObjectUpload> | undefined;
  #part: { buffer: ArrayBuffer; length: number; checksum: number } | undefined;
  #parts = 0;
  #checksum = 0;
  /** The first part that S3 did not take: no point in compressing on. */
  #failure: CompressorError | undefined;

  constructor(store: ObjectWriter, location: ObjectLocation, buffers: BufferPool, signal: AbortSignal) {
    this.#store = store;
    this.#target = { ...location, headers: { contentType: CONTENT_TYPE }, metadata: {}, tags: [] };
    this.#buffers = buffers;
    this.#signal = signal;
  }

  /**
   * @param bytes copied; may be reused when the promise settles
   * @param checksum CRC-32 of `bytes`
   */
  async append(bytes: Uint8Array, checksum: number = crc32(bytes)): Promise<void> {
    const { bufferSize } = this.#buffers;
    if (bytes.length > bufferSize) {
      for (let at = 0; at < bytes.length; at += bufferSize) await this.append(bytes.subarray(at, at + bufferSize));
      return;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#part !== undefined && this.#part.length + bytes.length > bufferSize) this.#sendPart();
    this.#part ??= { buffer: await this.#buffers.acquire(), length: 0, checksum: 0 };
    new Uint8Array(this.#part.buffer).set(bytes, this.#part.length);
    this.#part.length += bytes.length;
    this.#part.checksum = combineCrc32(this.#part.checksum, checksum, bytes.length);
    this.#checksum = combineCrc32(this.#checksum, checksum, bytes.length);
    this.size += bytes.length;
    if (this.#part.length >= PART_TARGET) this.#sendPart();
  }

  /** Resolves when S3 has accepted the whole archive. */
  async complete(): Promise<void> {
    if (this.#upload === undefined) {
      await this.#putWhole();
      return;
    }
    if (this.#part !== undefined) this.#sendPart();
    await Promise.all(this.#sending);
    const upload = await this.#upload;
    await upload.complete({ crc32: this.#checksum, size: this.size, condition: { kind: 'always' } });
  }

  /** Takes everything back; what is still on its way is waited for, so that no buffer is in use afterwards. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.#sending);
    this.#releasePart();
    const [begun] = await Promise.allSettled([this.#upload]);
    // An upload that could not be begun has nothing to take back, and its failure is known already.
    if (begun.status === 'fulfilled') await begun.value?.abort();
  }

  async #putWhole(): Promise<void> {
    const { buffer, length } = this.#part ?? { buffer: new ArrayBuffer(0), length: 0 };
    const body = new Uint8Array(buffer, 0, length);
    await this.#store.put({
      ...this.#target,
      body,
      crc32: this.#checksum,
      condition: { kind: 'always' },
      signal: this.#signal,
    });
    this.#releasePart();
  }

  #sendPart(): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    this.#parts += 1;
    if (this.#parts > MAX_PARTS) throw new RangeError(`An archive cannot have more than ${MAX_PARTS} parts`);
    const sent = this.#uploadPart(this.#parts, part).finally(() => {
      this.#buffers.release(part.buffer);
    });
    sent.catch((cause: unknown) => {
      this.#failure ??= asCompressorError(cause);
    });
    this.#sending.push(sent);
  }

  async #uploadPart(number: number, part: { buffer: ArrayBuffer; length: number; checksum: number }): Promise<void> {
    this.#upload ??= this.#store.createUpload(this.#target, this.#signal);
    const upload = await this.#upload;
    await upload.uploadPart(number, new Uint8Array(part.buffer, 0, part.length), part.checksum);
  }

  #releasePart(): void {
    if (this.#part !== undefined) this.#buffers.release(this.#part.buffer);
    this.#part = undefined;
  }
}
