import { randomUUID } from 'node:crypto';
import { combineCrc32 } from '../archive/checksum.ts';
import type { ObjectRemover, ObjectUpload, ObjectWriter } from './object-store.ts';
import type { ObjectLocation } from './stored-object.ts';

/**
 * First segment of the keys of staged parts. No rule id has a `_`, so no replication rule covers them; and none ends
 * like an archive, so the notification filter of the inbound bucket excludes them when a part is completed.
 */
export const STAGE_PREFIX = '_staging/';

const BARE = { headers: {}, metadata: {}, tags: [] } as const;

interface Piece {
  readonly size: number;
  readonly crc32: number;
}

/**
 * A part of an upload that is too large for memory. Its pieces become a separate object, a multipart upload with a part
 * for each; S3 then copies that object into place and it is deleted. So every request body fits into a buffer, and each
 * request can be repeated on its own.
 */
export class StagedPart {
  readonly #store: ObjectWriter & ObjectRemover;
  readonly #location: ObjectLocation;
  readonly #signal: AbortSignal;
  readonly #pieces: Piece[] = [];
  #opening: Promise<ObjectUpload> | undefined;

  /**
   * @param location prefix of its key, which ends with random characters: two tasks with the same part must not
   * overwrite each other's pieces
   */
  constructor(store: ObjectWriter & ObjectRemover, location: ObjectLocation, signal: AbortSignal) {
    this.#store = store;
    this.#location = { bucket: location.bucket, key: `${location.key}-${randomUUID()}` };
    this.#signal = signal;
  }

  /**
   * Sends piece `index` (from 0). Pieces may come in any order and at the same time; each but the last has 5 MiB or
   * more. `body` may be reused when the promise settles.
   */
  async write(index: number, body: Uint8Array, crc32: number): Promise<void> {
    this.#pieces[index] = { size: body.length, crc32 };
    this.#opening ??= this.#store.createUpload({ ...this.#location, ...BARE }, this.#signal);
    const staging = await this.#opening;
    await staging.uploadPart(index + 1, body, crc32);
  }

  /** Turns all pieces, each of which must have been written, into part `number` of `upload`. */
  async moveTo(upload: ObjectUpload, number: number): Promise<void> {
    const staging = await this.#opening;
    if (staging === undefined) throw new RangeError('A part without pieces cannot be moved');
    const { size, crc32 } = this.#join();
    const { etag } = await staging.complete({ crc32, size, condition: { kind: 'always' } });
    const staged = { ...this.#location, etag };
    await upload.takePart(staged, { number, size, crc32 });
    await this.#store.remove(staged);
  }

  /** Aborts the upload of the pieces; none may be in flight any more. Does nothing after `moveTo`. */
  async abort(): Promise<void> {
    const [begun] = await Promise.allSettled([this.#opening]);
    // An upload that could not be started has nothing to abort, and its failure is already known.
    if (begun.status === 'fulfilled') await begun.value?.abort();
  }

  #join(): Piece {
    return this.#pieces.reduce(
      (whole, { size, crc32 }) => ({ size: whole.size + size, crc32: combineCrc32(whole.crc32, crc32, size) }),
      { size: 0, crc32: 0 },
    );
  }
}
