import { crc32 } from '../archive/checksum.ts';
import type { FrameSizes } from '../archive/frame-sizes.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import { ObjectChangedError } from '../storage/errors.ts';
import type { ObjectStore, ObjectUpload } from '../storage/object-store.ts';
import { openUpload } from '../storage/open-upload.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { ArchivePart } from './archive-upload.ts';
import { decodeProgress, encodeProgress, type PackedPart, type PackingProgress } from './packing-progress.ts';

/** First segment of the keys of progress records. No rule id has a `_`, so S3 replicates none of them. */
export const PROGRESS_PREFIX = '_progress/';
/** A record is written after this many parts, or after this share of the object's frames, whichever is more. */
const PARTS_A_RECORD = 4;
const FRAME_SHARE_A_RECORD = 0.01;

/** An archive that an earlier attempt left: the parts of its upload that both S3 and the record know. */
export interface InterruptedArchive extends Pick<PackingProgress, 'parts' | 'frameSizes'> {
  readonly upload: ObjectUpload;
}

/** An archive that S3 has accepted though the attempt that made it did not live to say so. */
export interface AcceptedArchive {
  readonly archiveBytes: number;
}

type CheckpointStore = Pick<ObjectStore, 'head' | 'read' | 'put' | 'remove' | 'listUploads' | 'resumeUpload'>;

/**
 * Keeps what it takes to go on with the archive of one large object. S3 keeps the parts; a small record beside
 * them, in the bucket of the archives but out of reach of its replication, keeps what S3 does not tell of them. A record is
 * believed only as far as S3 lists the same parts with the same sizes and checksums.
 */
export class PackingCheckpoint {
  readonly #store: CheckpointStore;
  readonly #archive: ObjectLocation;
  readonly #plannedFrames: number;
  readonly #parts: PackedPart[] = [];
  #uploadId = '';
  #recordedParts = 0;
  #recordedFrames = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: CompressorError | undefined;

  /** @param plannedFrames that the object takes */
  constructor(store: CheckpointStore, archive: ObjectLocation, plannedFrames: number) {
    this.#store = store;
    this.#archive = archive;
    this.#plannedFrames = plannedFrames;
  }

  /**
   * What an earlier attempt left of this archive. Uploads to its key that no record speaks of cannot be gone on with: they are
   * given back.
   */
  async find(signal: AbortSignal): Promise<InterruptedArchive | AcceptedArchive | undefined> {
    const progress = await this.#readRecord(signal);
    const interrupted = progress && (await this.#openUpload(progress, signal));
    if (interrupted === undefined) {
      // A record outlives its upload only when the last moments of an attempt are cut off.
      const accepted = progress && (await this.#store.head(this.#archive, signal));
      if (accepted !== undefined) return { archiveBytes: accepted.size };
      await this.#abortAll(signal);
      return undefined;
    }
    this.#uploadId = interrupted.upload.id;
    this.#parts.push(...interrupted.parts);
    this.#recordedParts = this.#parts.length;
    this.#recordedFrames = interrupted.frameSizes.length;
    return interrupted;
  }

  /** Writes the first record, so that no other attempt takes the upload for one that nobody speaks of. */
  async begin(upload: ObjectUpload, frames: FrameSizes): Promise<void> {
    this.#uploadId = upload.id;
    await this.save(frames);
  }

  /**
   * Notes parts that were completed with the frame appended last; call it after each frame. Now and then it has a record
   * written, which nobody waits for.
   * @throws what an earlier record met
   */
  note(parts: readonly ArchivePart[], frames: FrameSizes, objectCrc32: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    const part = parts[this.#parts.length];
    if (part === undefined) return;
    this.#parts.push({ ...part, objectCrc32 });
    const newFrames = frames.length - this.#recordedFrames;
    const due =
      this.#parts.length - this.#recordedParts >= PARTS_A_RECORD &&
      newFrames >= this.#plannedFrames * FRAME_SHARE_A_RECORD;
    if (!due) return;
    this.save(frames).catch((thrown: unknown) => {
      this.#failure ??= asCompressorError(thrown);
    });
  }

  /** Writes a record of all that was noted; nothing as long as there is no upload. */
  save(frames: FrameSizes): Promise<void> {
    if (this.#uploadId === '') return Promise.resolve();
    const parts = this.#parts.slice();
    const frameSizes = new Uint32Array(parts.reduce((sum, part) => sum + part.frames, 0));
    let index = 0;
    for (const { compressed } of frames) {
      if (index === frameSizes.length) break;
      frameSizes[index] = compressed;
      index += 1;
    }
    this.#recordedParts = parts.length;
    this.#recordedFrames = frames.length;
    const body = encodeProgress({
      uploadId: this.#uploadId,
      plannedFrames: this.#plannedFrames,
      parts,
      frameSizes,
    });
    // One after the other: an older record must not arrive after a newer one.
    this.#writing = this.#writing.then(() => this.#put(body));
    return this.#writing;
  }

  /** Resolves when no record is on its way any more. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#writing]);
  }

  /** The archive is done, or nobody will go on with it. */
  async remove(): Promise<void> {
    await this.settle();
    const location = this.#location;
    const found = await this.#store.head(location);
    if (found !== undefined) await this.#store.remove({ ...location, etag: found.etag });
  }

  get #location(): ObjectLocation {
    const { bucket, key } = this.#archive;
    return { bucket, key: `${PROGRESS_PREFIX}${key}` };
  }

  async #put(body: Buffer): Promise<void> {
    const headers = { contentType: 'application/json' };
    const condition = { kind: 'always' } as const;
    await this.#store.put({ ...this.#location, headers, metadata: {}, tags: [], body, crc32: crc32(body), condition });
  }

  async #readRecord(signal: AbortSignal): Promise<PackingProgress | undefined> {
    const location = this.#location;
    for (;;) {
      const found = await this.#store.head(location, signal);
      if (found === undefined) return undefined;
      const into = Buffer.alloc(found.size);
      try {
        await this.#store.read({ ...location, etag: found.etag, into, signal });
        return decodeProgress(into);
      } catch (thrown) {
        // A task that works on the same archive has written a newer record in between.
        if (!(thrown instanceof ObjectChangedError)) throw thrown;
      }
    }
  }

  /** The upload of a record, with those first parts of it that are there as the record has them. */
  async #openUpload(progress: PackingProgress, signal: AbortSignal): Promise<InterruptedArchive | undefined> {
    if (progress.plannedFrames !== this.#plannedFrames) return undefined;
    const upload = await openUpload(this.#store, this.#archive, progress.uploadId, signal);
    if (upload === undefined) return undefined;
    const listed = new Map(upload.earlier.map((part) => [part.number, part]));
    const missing = progress.parts.findIndex(({ size, crc32: checksum }, index) => {
      const part = listed.get(index + 1);
      return part?.size !== size || part.crc32 !== checksum;
    });
    const parts = missing === -1 ? progress.parts : progress.parts.slice(0, missing);
    const frames = parts.reduce((sum, part) => sum + part.frames, 0);
    return { upload, parts, frameSizes: progress.frameSizes.subarray(0, frames) };
  }

  async #abortAll(signal: AbortSignal): Promise<void> {
    for (const id of await this.#store.listUploads(this.#archive, signal)) {
      await (await openUpload(this.#store, this.#archive, id, signal))?.abort();
    }
  }
}
