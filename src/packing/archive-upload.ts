import { combineCrc32, crc32 } from '../archive/checksum.ts';
import { MAX_FRAME_SIZE, MAX_PARTS } from '../archive/format.ts';
import type { BufferPool } from '../compression/buffer-pool.ts';
import { compressBound } from '../compression/zstd-frames.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import type {
  ObjectHeadReader,
  ObjectRemover,
  ObjectUpload,
  ObjectWriter,
  WriteTarget,
} from '../storage/object-store.ts';
import { STAGE_PREFIX, StagedPart } from '../storage/staged-part.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { MIB } from '../units.ts';
import { findAccepted } from './find-accepted.ts';

/** A piece is sent when it has this many bytes; one more frame may make it larger. Only the last one may be smaller. */
const PIECE_TARGET = 8 * MIB;
/** Bytes of a piece's buffer: a piece just under its target, and one frame that did not compress. */
export const PART_BUFFER_SIZE = PIECE_TARGET + compressBound(MAX_FRAME_SIZE);
const CONTENT_TYPE = 'application/zstd';
/** An archive's key is written once. */
const ONCE = { kind: 'absent' } as const;

/** A part of the archive's upload: whole frames. */
export interface ArchivePart {
  /** Frames in it. */
  readonly frames: number;
  /** Bytes. */
  readonly size: number;
  readonly crc32: number;
}

export interface ArchiveUploadOptions {
  readonly store: ObjectHeadReader & ObjectWriter & ObjectRemover;
  readonly location: ObjectLocation;
  /** Whether other attempts write the same key, each with the same object. */
  readonly isShared: boolean;
  readonly buffers: BufferPool;
  readonly signal: AbortSignal;
  /** Min frames per part, see plan-parts.ts. */
  readonly framesPerPart: number;
}

/** Bytes in a buffer, on their way to S3. */
interface Piece {
  readonly buffer: ArrayBuffer;
  length: number;
  checksum: number;
}

/** The part that is being made. */
interface OpenPart {
  frames: number;
  size: number;
  crc32: number;
  /** Pieces sent so far. */
  pieces: number;
  /** Where the pieces are combined, once there is more than one. */
  stage?: StagedPart;
  readonly sending: Promise<void>[];
}

/**
 * Sends an archive while it is being made: frames are appended in order, collected into pieces and uploaded as soon as
 * a piece is full. A part is one piece, or several if the archive would otherwise have too many parts. An archive of
 * less than one piece is a single PUT.
 */
export class ArchiveUpload {
  /** Parts that are complete, in order; the last of them may still be on their way. */
  readonly parts: ArchivePart[] = [];
  /** Bytes appended so far. */
  size = 0;
  readonly #options: ArchiveUploadOptions;
  readonly #target: WriteTarget;
  readonly #sending = new Set<Promise<void>>();
  readonly #stages = new Set<StagedPart>();
  #upload: Promise<ObjectUpload> | undefined;
  #piece: Piece | undefined;
  #part: OpenPart | undefined;
  #checksum = 0;
  /** The first piece that S3 did not accept: compressing more would be pointless. */
  #failure: CompressorError | undefined;

  constructor(options: ArchiveUploadOptions) {
    this.#options = options;
    this.#target = { ...options.location, headers: { contentType: CONTENT_TYPE }, metadata: {}, tags: [] };
  }

  /** Begins the upload now, not with its first full piece, so that its id can be recorded. */
  begin(): Promise<ObjectUpload> {
    this.#upload ??= this.#options.store.createUpload(this.#target, this.#options.signal);
    return this.#upload;
  }

  /** Resumes an upload that already has these parts stored. */
  resume(upload: ObjectUpload, parts: readonly ArchivePart[]): void {
    this.#upload = Promise.resolve(upload);
    for (const part of parts) {
      this.parts.push(part);
      this.size += part.size;
      this.#checksum = combineCrc32(this.#checksum, part.crc32, part.size);
    }
  }

  /**
   * @param bytes a whole frame, or the data after the frames; copied, and may be reused when the promise settles
   * @param checksum CRC-32 of `bytes`
   */
  async append(bytes: Uint8Array, checksum: number = crc32(bytes)): Promise<void> {
    const { bufferSize } = this.#options.buffers;
    let at = 0;
    do {
      if (this.#failure !== undefined) throw this.#failure;
      this.#piece ??= { buffer: await this.#options.buffers.acquire(), length: 0, checksum: 0 };
      // Fills up the current piece: as it is, it might be too small for a part that is not the last.
      const chunk = bytes.subarray(at, at + bufferSize - this.#piece.length);
      this.#appendChunk(this.#piece, chunk, chunk.length === bytes.length ? checksum : crc32(chunk));
      at += chunk.length;
    } while (at < bytes.length);
  }

  /** @param chunk fits into the piece */
  #appendChunk(piece: Piece, chunk: Uint8Array, checksum: number): void {
    this.#part ??= { frames: 0, size: 0, crc32: 0, pieces: 0, sending: [] };
    const part = this.#part;
    new Uint8Array(piece.buffer).set(chunk, piece.length);
    piece.length += chunk.length;
    piece.checksum = combineCrc32(piece.checksum, checksum, chunk.length);
    part.frames += 1;
    part.size += chunk.length;
    part.crc32 = combineCrc32(part.crc32, checksum, chunk.length);
    this.#checksum = combineCrc32(this.#checksum, checksum, chunk.length);
    this.size += chunk.length;
    if (part.frames >= this.#options.framesPerPart && part.size >= PIECE_TARGET) this.#closePart();
    else if (piece.length >= PIECE_TARGET) this.#sendPiece(false);
  }

  /**
   * Resolves when S3 has the whole archive: this one or, if the key is shared, that of another attempt.
   * @returns bytes of the archive that S3 has
   */
  async complete(): Promise<number> {
    const isOnePiece = this.parts.length === 0 && (this.#part?.pieces ?? 0) === 0;
    if (this.#upload === undefined && isOnePiece) return this.#orAccepted(() => this.#putWhole());
    if (this.#part !== undefined) this.#closePart();
    await this.#settle();
    if (this.#failure !== undefined) throw this.#failure;
    const upload = await this.begin();
    return this.#orAccepted(() =>
      upload.complete({ crc32: this.#checksum, size: this.size, condition: ONCE, lastPart: this.parts.length }),
    );
  }

  /** Makes the last call for the archive; if that fails, S3 may have the archive anyway. */
  async #orAccepted(end: () => Promise<unknown>): Promise<number> {
    const { store, location, isShared, signal } = this.#options;
    try {
      await end();
      return this.size;
    } catch (thrown) {
      const sent = { location, size: this.size, crc32: this.#checksum, isShared };
      const accepted = await findAccepted(asCompressorError(thrown), sent, store, signal);
      if (accepted === undefined) throw thrown;
      this.#releasePiece();
      if (!accepted.mayBeOurs) await (await this.#upload)?.abort();
      return accepted.size;
    }
  }

  /** Keeps the complete parts, so that another attempt can resume. Nothing is in flight afterwards. */
  async suspend(): Promise<void> {
    await this.#settle();
    this.#releasePiece();
    await Promise.all(Array.from(this.#stages, (stage) => stage.abort()));
  }

  /** Aborts the upload, after waiting for requests in flight, so that no buffer is in use afterwards. */
  async abort(): Promise<void> {
    await this.suspend();
    const [begun] = await Promise.allSettled([this.#upload]);
    // An upload that could not be started has nothing to abort, and its failure is already known.
    if (begun.status === 'fulfilled') await begun.value?.abort();
  }

  async #putWhole(): Promise<void> {
    const { buffer, length } = this.#piece ?? { buffer: new ArrayBuffer(0), length: 0 };
    await this.#options.store.put({
      ...this.#target,
      body: new Uint8Array(buffer, 0, length),
      crc32: this.#checksum,
      condition: ONCE,
      signal: this.#options.signal,
    });
    this.#releasePiece();
  }

  #closePart(): void {
    if (this.#piece !== undefined) this.#sendPiece(true);
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    const { frames, size, crc32 } = part;
    this.parts.push({ frames, size, crc32 });
    const { stage } = part;
    if (stage !== undefined) this.#track(this.#moveStagedPart(part, stage, this.parts.length));
  }

  /** @param isLast whether the open part ends with it */
  #sendPiece(isLast: boolean): void {
    const [piece, part] = [this.#piece, this.#part];
    if (piece === undefined || part === undefined) return;
    this.#piece = undefined;
    const number = this.parts.length + 1;
    if (number > MAX_PARTS) throw new RangeError(`An archive cannot have more than ${MAX_PARTS} parts`);
    const index = part.pieces;
    part.pieces += 1;
    // A frame is appended before it is known whether another one follows, so only the end of the part shows that it is
    // one piece.
    if (!(isLast && index === 0)) part.stage ??= this.#openStage(number);
    const { stage } = part;
    const sent = this.#write(piece, stage === undefined ? { number } : { stage, index });
    part.sending.push(sent);
    this.#track(sent);
  }

  #openStage(number: number): StagedPart {
    const { store, location, signal } = this.#options;
    const key = `${STAGE_PREFIX}${location.key}/${number}`;
    const stage = new StagedPart(store, { bucket: location.bucket, key }, signal);
    this.#stages.add(stage);
    return stage;
  }

  async #write(
    { buffer, length, checksum }: Piece,
    slot: { readonly number: number } | { readonly stage: StagedPart; readonly index: number },
  ): Promise<void> {
    const bytes = new Uint8Array(buffer, 0, length);
    try {
      if ('stage' in slot) await slot.stage.write(slot.index, bytes, checksum);
      else await (await this.begin()).uploadPart(slot.number, bytes, checksum);
    } finally {
      this.#options.buffers.release(buffer);
    }
  }

  async #moveStagedPart({ sending }: OpenPart, stage: StagedPart, number: number): Promise<void> {
    await Promise.all(sending);
    await stage.moveTo(await this.begin(), number);
    this.#stages.delete(stage);
  }

  #track(sending: Promise<void>): void {
    const settled = sending
      .catch((cause: unknown) => {
        this.#failure ??= asCompressorError(cause);
      })
      .finally(() => this.#sending.delete(settled));
    this.#sending.add(settled);
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #releasePiece(): void {
    if (this.#piece !== undefined) this.#options.buffers.release(this.#piece.buffer);
    this.#piece = undefined;
  }
}
