import pLimit from 'p-limit';
import { combineCrc32 } from '../archive/checksum.ts';
import { memberName } from '../archive/member-name.ts';
import { planFrames } from '../archive/plan-frames.ts';
import { encodeSeekTable, type FrameSize } from '../archive/seek-table.ts';
import { asCompressorError } from '../errors.ts';
import { failedOutcome } from '../messages/outcome.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { ArchiveUpload } from './archive-upload.ts';
import type { PackItem } from './collect-objects.ts';
import { compressManifest } from './compress-manifest.ts';
import type { SourceDependencies } from './dependencies.ts';
import { SourceChecksumError } from './errors.ts';
import { type FrameInWork, packFrame, type ReadSlice } from './frame-in-work.ts';
import { manifestEntry, manifestTargets, type PackedPlace } from './manifest-entry.ts';
import type { LeftOut, ReadItem } from './read-item.ts';

export interface BuildRequest {
  readonly items: readonly PackItem[];
  readonly location: ObjectLocation;
  readonly level: number;
  readonly signal: AbortSignal;
}

/** An archive that S3 has accepted; `items` are what is in it. */
export interface BuiltArchive {
  readonly items: readonly PackItem[];
  readonly originalBytes: number;
  readonly archiveBytes: number;
  /** CPU time of the workers. */
  readonly cpuSeconds: number;
}

export interface BuildResult {
  /** Absent when nothing was left to pack; then nothing was uploaded either. */
  readonly archive?: BuiltArchive;
  readonly leftOut: ReadonlyMap<PackItem, LeftOut>;
}

/**
 * Packs items into one archive and uploads it while it is made: frames are read and compressed side by side, as many as
 * there are buffers, and appended in order.
 *
 * A small object that cannot be read is left out of its frame. One that spans frames, and fails after some of them were
 * sent, or one whose bytes are not what S3 says they are, would leave the archive wrong: it begins anew without it.
 * @throws what storage or workers throw; then nothing was acknowledged and the upload is taken back
 */
export async function buildArchive(request: BuildRequest, dependencies: SourceDependencies): Promise<BuildResult> {
  const leftOut = new Map<PackItem, LeftOut>();
  for (;;) {
    const items = request.items.filter((item) => !leftOut.has(item));
    if (items.length === 0) return { leftOut };
    try {
      const attempt = new ArchiveAttempt({ ...request, items }, dependencies, leftOut);
      const archive = await attempt.run();
      return archive === undefined ? { leftOut } : { archive, leftOut };
    } catch (thrown) {
      if (!(thrown instanceof BeginAnew)) throw thrown;
      leftOut.set(thrown.item, thrown.reason);
    }
  }
}

/** Tells buildArchive that an item has to be left out of an archive that already holds some of it. */
class BeginAnew extends Error {
  readonly item: PackItem;
  readonly reason: LeftOut;

  constructor(item: PackItem, reason: LeftOut) {
    super(`The archive begins anew without "${item.object.key}"`);
    this.item = item;
    this.reason = reason;
  }
}

class ArchiveAttempt {
  readonly #request: BuildRequest;
  readonly #dependencies: SourceDependencies;
  readonly #leftOut: Map<PackItem, LeftOut>;
  readonly #stop = new AbortController();
  readonly #upload: ArchiveUpload;
  readonly #frames: FrameSize[] = [];
  readonly #packed = new Map<PackItem, { read: ReadItem; place: PackedPlace }>();
  #cpuSeconds = 0;

  constructor(request: BuildRequest, dependencies: SourceDependencies, leftOut: Map<PackItem, LeftOut>) {
    this.#request = request;
    this.#dependencies = dependencies;
    this.#leftOut = leftOut;
    const { store, buffers } = dependencies;
    this.#upload = new ArchiveUpload(store, request.location, buffers.parts, this.#signal);
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#request.signal, this.#stop.signal]);
  }

  async run(): Promise<BuiltArchive | undefined> {
    try {
      await this.#packFrames();
      if (this.#packed.size === 0) return undefined;
      await this.#appendManifest();
      await this.#upload.append(encodeSeekTable(this.#frames));
      await this.#upload.complete();
    } catch (thrown) {
      await this.#takeBack();
      throw thrown;
    }
    const items = [...this.#packed.keys()];
    const originalBytes = items.reduce((sum, { object }) => sum + object.size, 0);
    return { items, originalBytes, archiveBytes: this.#upload.size, cpuSeconds: this.#cpuSeconds };
  }

  /** What made the attempt fail matters more than an upload that stays: the bucket's lifecycle removes that. */
  async #takeBack(): Promise<void> {
    try {
      await this.#upload.abort();
    } catch (thrown) {
      this.#dependencies.telemetry.uploadLeftBehind(this.#request.location, asCompressorError(thrown));
    }
  }

  /** Starts a frame as soon as buffers are free and appends the frames in order; ends when none is in work any more. */
  async #packFrames(): Promise<void> {
    const { items, level } = this.#request;
    const dependencies = this.#dependencies;
    const signal = this.#signal;
    const reads = pLimit(dependencies.limits.parallelReads);
    const context = { items, level, dependencies, reads, signal };
    const depth = dependencies.buffers.inputs.count;
    const inWork: Promise<FrameInWork>[] = [];
    try {
      for (const plan of planFrames(items.map(({ object }) => ({ name: memberName(object.key), size: object.size })))) {
        signal.throwIfAborted();
        const frame = packFrame(plan, context);
        // Its failure is met when its turn comes; until then it must not count as unhandled.
        frame.catch(() => undefined);
        inWork.push(frame);
        if (inWork.length >= depth) await this.#appendNext(inWork);
      }
      while (inWork.length > 0) await this.#appendNext(inWork);
    } catch (thrown) {
      this.#stop.abort(thrown);
      for (const result of await Promise.allSettled(inWork)) if (result.status === 'fulfilled') result.value.release();
      throw thrown;
    }
  }

  async #appendNext(inWork: Promise<FrameInWork>[]): Promise<void> {
    const frame = await inWork.shift();
    if (frame === undefined) return;
    try {
      this.#noteLeftOut(frame);
      const { compressed } = frame;
      if (compressed === undefined) return;
      frame.slices.forEach((slice, index) => {
        this.#notePlace(slice, compressed.offsets[index] ?? 0, compressed.checksums[index] ?? 0);
      });
      this.#frames.push({ compressed: compressed.compressed, decompressed: compressed.decompressed });
      this.#cpuSeconds += compressed.cpuSeconds;
      await this.#upload.append(new Uint8Array(compressed.output, 0, compressed.compressed), compressed.frameChecksum);
    } finally {
      frame.release();
    }
  }

  #noteLeftOut({ leftOut }: FrameInWork): void {
    for (const { item, reason } of leftOut) {
      if (this.#packed.has(item)) throw new BeginAnew(item, reason);
      this.#leftOut.set(item, reason);
    }
  }

  #notePlace({ item, slice, read }: ReadSlice, offset: number, checksum: number): void {
    const first = this.#packed.get(item);
    // Its first frame was left out: the rest must not be sent alone.
    if (first === undefined && slice.start > 0)
      throw new BeginAnew(item, this.#leftOut.get(item) ?? { kind: 'changed' });
    const place: PackedPlace =
      first === undefined
        ? { frame: this.#frames.length, frames: 1, offset, crc32: checksum }
        : {
            ...first.place,
            frames: first.place.frames + 1,
            crc32: combineCrc32(first.place.crc32, checksum, slice.length),
          };
    this.#refuseWrongBytes(item, slice.length, read, checksum);
    this.#packed.set(item, { read: first?.read ?? read, place });
  }

  /** S3 keeps a CRC-32 of most objects; where it tells, what arrived is compared before anything is built on it. */
  #refuseWrongBytes(item: PackItem, length: number, { description }: ReadItem, checksum: number): void {
    if (description.crc32 === undefined || length !== item.object.size || description.crc32 === checksum) return;
    const { bucket, key } = item.object;
    const error = new SourceChecksumError(`The bytes read of s3://${bucket}/${key} have not the CRC-32 that S3 keeps`, {
      context: { bucket, key, expected: description.crc32, actual: checksum },
    });
    throw new BeginAnew(item, { kind: 'failed', outcome: failedOutcome(error) });
  }

  async #appendManifest(): Promise<void> {
    const { rule, pool } = this.#dependencies;
    const { level, location } = this.#request;
    const objects = [...this.#packed].map(([item, { read, place }]) => manifestEntry(item, read, place));
    const manifest = { rule: rule.id, level, targets: manifestTargets(rule), objects };
    const frame = await compressManifest(manifest, level, pool, location);
    this.#frames.push({ compressed: frame.compressed, decompressed: frame.decompressed });
    this.#cpuSeconds += frame.cpuSeconds;
    await this.#upload.append(new Uint8Array(frame.output, 0, frame.compressed), frame.frameChecksum);
  }
}
