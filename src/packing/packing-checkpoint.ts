import type { FrameSizes } from '../archive/frame-sizes.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import type { ObjectStore, ObjectUpload } from '../storage/object-store.ts';
import { openUpload } from '../storage/open-upload.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { ArchivePart } from './archive-upload.ts';
import { ArchiveInProgressError } from './errors.ts';
import { LeasedRecord } from './leased-record.ts';
import { decodeProgress, encodeProgress, type PackedPart, type PackingProgress } from './packing-progress.ts';

/** A record is written after this many parts, or after this share of the object's frames, whichever is more. */
const PARTS_PER_RECORD = 4;
const FRAME_SHARE_PER_RECORD = 0.01;
/** Writes per lease while it is owned, even without progress, so that two writes in a row may fail. */
const WRITES_PER_LEASE = 3;

const NOTHING = { uploadId: '', parts: [], frameSizes: new Uint32Array() } as const;

/** An archive that an earlier attempt left: the parts of its upload that both S3 and the record list. */
export interface InterruptedArchive extends Pick<PackingProgress, 'parts' | 'frameSizes'> {
  readonly upload: ObjectUpload;
}

/** An archive that S3 has already accepted. */
export interface AcceptedArchive {
  readonly archiveBytes: number;
  /** Whether the worker that made it also counted it. */
  readonly wasCounted: boolean;
}

export interface CheckpointOptions {
  readonly store: Pick<ObjectStore, 'head' | 'read' | 'put' | 'remove' | 'listUploads' | 'resumeUpload'>;
  readonly archive: ObjectLocation;
  /** Bucket of the records. */
  readonly bucket: string;
  /** Frames that the object is cut into. */
  readonly plannedFrames: number;
  /** How long a lease lasts if its owner does not renew it. */
  readonly ownershipSeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when the attempt must not continue: another one has taken over the archive, or may have by now. */
  readonly onLost: (reason: CompressorError) => void;
}

/**
 * Records what is needed to resume the archive of one large object, and keeps other workers away while one owns it. S3
 * keeps the parts; a small record in a separate bucket keeps what S3 does not report about them. A record is trusted
 * only as far as S3 lists the same parts with the same sizes and checksums.
 *
 * The record belongs to one attempt at a time (leased-record.ts). Only its owner writes it, deletes it, resumes the
 * upload that it names, or aborts one.
 */
export class PackingCheckpoint {
  readonly #options: CheckpointOptions;
  readonly #record: LeasedRecord;
  #parts: PackedPart[] = [];
  /** Compressed sizes of the frames from an earlier attempt; `#frames` includes them. */
  #earlier: Uint32Array = NOTHING.frameSizes;
  #frames: FrameSizes | undefined;
  #uploadId = '';
  #recordedParts = 0;
  #recordedFrames = 0;
  #writing: Promise<void> = Promise.resolve();
  #renewing = false;
  #beating: NodeJS.Timeout | undefined;

  constructor(options: CheckpointOptions) {
    const { store, archive, bucket, ownershipSeconds, now } = options;
    this.#options = options;
    this.#record = new LeasedRecord({ store, location: { bucket, key: archive.key }, ownershipSeconds, now });
  }

  /** Whether it is ours, as far as we know. */
  get isOwned(): boolean {
    return this.#record.isOwned;
  }

  /**
   * Takes over the archive, and returns the parts that an earlier attempt left. Uploads to its key that cannot be
   * resumed are aborted.
   * @throws ArchiveInProgressError while another attempt owns it
   */
  async find(signal: AbortSignal): Promise<InterruptedArchive | AcceptedArchive | undefined> {
    const { store, archive, plannedFrames, ownershipSeconds } = this.#options;
    const left = await this.#record.take(this.#encode(), signal);
    const progress = left && decodeProgress(left);
    if (progress?.plannedFrames === plannedFrames) this.#load(progress);
    this.#beating = setInterval(
      () => {
        this.#renew();
      },
      (1000 * ownershipSeconds) / WRITES_PER_LEASE,
    );
    const accepted = await store.head(archive, signal);
    const interrupted = accepted === undefined && progress ? await this.#openUpload(progress, signal) : undefined;
    if (interrupted === undefined) {
      await this.#abortAll(signal);
      this.#load(NOTHING);
      // A record with an upload outlives its archive only if an attempt is interrupted in its last moments.
      return accepted && { archiveBytes: accepted.size, wasCounted: (progress?.uploadId ?? '') === '' };
    }
    this.#load({ ...interrupted, uploadId: interrupted.upload.id });
    return interrupted;
  }

  /** Records the upload, so that other workers can resume it. */
  async begin(upload: ObjectUpload): Promise<void> {
    this.#uploadId = upload.id;
    await this.#save();
  }

  /**
   * Notes the parts that were completed by the last frame; call it after each frame. From time to time it writes the
   * record in the background.
   */
  note(parts: readonly ArchivePart[], frames: FrameSizes, objectCrc32: number): void {
    this.#frames = frames;
    const part = parts[this.#parts.length];
    if (part === undefined) return;
    this.#parts.push({ ...part, objectCrc32 });
    const newFrames = frames.length - this.#recordedFrames;
    const isDue =
      this.#parts.length - this.#recordedParts >= PARTS_PER_RECORD &&
      newFrames >= this.#options.plannedFrames * FRAME_SHARE_PER_RECORD;
    if (isDue) this.#renew();
  }

  /** Releases the archive at once for the next attempt. Call it when no request of the upload is in flight any more. */
  async release(): Promise<void> {
    await this.#settle();
    if (this.#uploadId === '') await this.#record.remove();
    else await this.#record.release(this.#encode());
  }

  /**
   * The archive is done, or will not be resumed. Only when this has resolved may its upload be aborted, or the archive
   * be counted.
   * @throws ArchiveInProgressError when another attempt has taken it over
   */
  async close(): Promise<void> {
    await this.#settle();
    this.#load(NOTHING);
    await this.#record.write(this.#encode());
  }

  /** Forgets the archive, after `close`. */
  async remove(): Promise<void> {
    await this.#record.remove();
  }

  /** From now on records are written only on request. */
  stop(): void {
    clearInterval(this.#beating);
  }

  /** Resolves when no record is being written any more. */
  async #settle(): Promise<void> {
    this.stop();
    await Promise.allSettled([this.#writing]);
  }

  #load({ uploadId, parts, frameSizes }: Omit<PackingProgress, 'plannedFrames'>): void {
    this.#uploadId = uploadId;
    this.#parts = parts.slice();
    this.#earlier = frameSizes;
    this.#frames = undefined;
    this.#recordedParts = parts.length;
    this.#recordedFrames = frameSizes.length;
  }

  /** One write at a time: if S3 is slow, more of them would only queue up. */
  #renew(): void {
    if (this.#renewing) return;
    this.#renewing = true;
    this.#save()
      .catch((thrown: unknown) => {
        const error = asCompressorError(thrown);
        const isLost = error instanceof ArchiveInProgressError || this.#options.now() >= this.#record.ownedUntil;
        if (isLost) this.#options.onLost(error);
      })
      .finally(() => {
        this.#renewing = false;
      });
  }

  /** Writes a record of all that was noted. */
  #save(): Promise<void> {
    this.#recordedParts = this.#parts.length;
    this.#recordedFrames = this.#frames?.length ?? this.#earlier.length;
    const body = this.#encode();
    // One after the other: each needs the ETag of the one before.
    const write = (): Promise<void> => this.#record.write(body);
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }

  #encode(): Buffer {
    const parts = this.#parts.slice();
    const frames = parts.reduce((sum, part) => sum + part.frames, 0);
    const frameSizes = this.#frames?.compressedSizes(frames) ?? this.#earlier;
    const { plannedFrames } = this.#options;
    return encodeProgress({ uploadId: this.#uploadId, plannedFrames, parts, frameSizes });
  }

  /** The upload of a record, with its leading parts that exist exactly as recorded. */
  async #openUpload(progress: PackingProgress, signal: AbortSignal): Promise<InterruptedArchive | undefined> {
    const { store, archive, plannedFrames } = this.#options;
    if (progress.uploadId === '' || progress.plannedFrames !== plannedFrames) return undefined;
    const upload = await openUpload(store, archive, progress.uploadId, signal);
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
    const { store, archive } = this.#options;
    for (const id of await store.listUploads(archive, signal)) {
      await (await openUpload(store, archive, id, signal))?.abort();
    }
  }
}
