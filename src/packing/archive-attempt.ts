import pLimit from 'p-limit';
import { guessContentClass } from '../adaptive/content-class.ts';
import type { ArchiveLevels } from '../adaptive/level-policy.ts';
import { FrameSizes } from '../archive/frame-sizes.ts';
import { memberName } from '../archive/member-name.ts';
import { countLargeFrames, type FramePlan, planFrames } from '../archive/plan-frames.ts';
import { framesPerPart } from '../archive/plan-parts.ts';
import { encodeSeekTable } from '../archive/seek-table.ts';
import { asCompressorError } from '../errors.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { archiveKey, createAttemptId } from './archive-key.ts';
import { ArchiveUpload } from './archive-upload.ts';
import type { PackItem } from './collect-objects.ts';
import { compressManifest } from './compress-manifest.ts';
import { countFrames } from './count-frames.ts';
import type { PackingDependencies } from './dependencies.ts';
import { ArchiveInProgressError, SourceChecksumError } from './errors.ts';
import { archiveInProgressError } from './leased-record.ts';
import { manifestEntry, manifestTargets } from './manifest-entry.ts';
import { type BuiltFrame, packFrame } from './pack-frame.ts';
import { PackedObjects, RestartWithoutItem } from './packed-objects.ts';
import { type AcceptedArchive, type InterruptedArchive, PackingCheckpoint } from './packing-checkpoint.ts';
import { type ExclusionReason, readItem } from './read-item.ts';

export interface BuildRequest {
  readonly items: readonly PackItem[];
  readonly levels: ArchiveLevels;
  readonly signal: AbortSignal;
}

/** An archive that S3 has accepted; `items` are its contents. */
export interface BuiltArchive {
  readonly location: ObjectLocation;
  readonly items: readonly PackItem[];
  readonly originalBytes: number;
  readonly archiveBytes: number;
  /** CPU time of the workers. */
  readonly cpuSeconds: number;
  /** Whether an earlier attempt did part of the work; time and CPU then cover only the rest. */
  readonly isResumed: boolean;
}

/** Whether another attempt at the same archive may succeed, so that the work done so far is worth keeping. */
function isResumable(failure: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return true;
  if (!(failure instanceof RestartWithoutItem)) return asCompressorError(failure).retryable;
  if (failure.reason.kind !== 'failed' || failure.reason.outcome.kind !== 'retry') return false;
  // Parts made of wrong bytes stay wrong.
  return !(failure.reason.outcome.reason instanceof SourceChecksumError);
}

/**
 * One attempt at an archive: frames are read and compressed concurrently, appended in order, and sent as they are
 * finished.
 */
export class ArchiveAttempt {
  readonly #request: BuildRequest;
  readonly #location: ObjectLocation;
  readonly #dependencies: PackingDependencies;
  readonly #stop = new AbortController();
  readonly #upload: ArchiveUpload;
  readonly #checkpoint: PackingCheckpoint | undefined;
  readonly #frames = new FrameSizes();
  readonly #packed: PackedObjects;
  #cpuSeconds = 0;

  constructor(request: BuildRequest, dependencies: PackingDependencies, leftOut: Map<PackItem, ExclusionReason>) {
    this.#request = request;
    this.#dependencies = dependencies;
    this.#packed = new PackedObjects(leftOut);
    const { store, buffers, limits, rule, outboundBucket } = dependencies;
    const { items } = request;
    const [only] = items.length === 1 ? items : [];
    const large = only !== undefined && only.object.size >= limits.resumableBytes ? only : undefined;
    // Objects that cannot be read are left out, so another attempt at the same events may hold different objects,
    // unless there is only one object.
    const objects = items.map(({ object }) => object);
    const key =
      large === undefined
        ? archiveKey(rule.id, objects, createAttemptId(), dependencies.now())
        : archiveKey(rule.id, objects);
    this.#location = { bucket: outboundBucket, key };
    const plannedFrames = large === undefined ? 1 : countLargeFrames(large.object.size);
    this.#checkpoint = large && this.#openCheckpoint(plannedFrames);
    this.#upload = new ArchiveUpload({
      store,
      location: this.#location,
      isShared: large !== undefined,
      buffers: buffers.parts,
      signal: this.#signal,
      framesPerPart: framesPerPart(plannedFrames),
    });
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#request.signal, this.#stop.signal]);
  }

  /**
   * @returns undefined when there is nothing to count: every item was left out, and then nothing remains uploaded; or
   * another worker made the archive, and counted it
   * @throws ArchiveInProgressError while another worker owns the archive
   */
  async run(): Promise<BuiltArchive | undefined> {
    if (this.#checkpoint === undefined) return this.#build();
    const { key } = this.#location;
    const { inProgress, ownershipSeconds } = this.#dependencies.resuming;
    if (inProgress.has(key)) throw archiveInProgressError(key, ownershipSeconds);
    inProgress.add(key);
    try {
      return await this.#build();
    } finally {
      this.#checkpoint.stop();
      inProgress.delete(key);
    }
  }

  async #build(): Promise<BuiltArchive | undefined> {
    try {
      const found = await this.#checkpoint?.find(this.#signal);
      if (found !== undefined && 'archiveBytes' in found) return await this.#acknowledge(found);
      await this.#takeOver(found);
      await this.#packFrames();
      const items = Array.from(this.#packed, ({ item }) => item);
      if (items.length === 0) {
        await this.#discard();
        return undefined;
      }
      await this.#appendManifest();
      await this.#upload.append(encodeSeekTable(this.#frames));
      const archiveBytes = await this.#upload.complete();
      return await this.#finish(items, archiveBytes, found !== undefined);
    } catch (thrown) {
      throw await this.#giveUp(thrown);
    }
  }

  #openCheckpoint(plannedFrames: number): PackingCheckpoint {
    const { store, now, resuming } = this.#dependencies;
    const { bucket, ownershipSeconds } = resuming;
    return new PackingCheckpoint({
      store,
      archive: this.#location,
      bucket,
      plannedFrames,
      ownershipSeconds,
      now,
      onLost: (reason) => {
        this.#stop.abort(reason);
      },
    });
  }

  /** S3 has the archive. If it was not counted, we count it: the worker that made it ended before it could. */
  async #acknowledge({ archiveBytes, wasCounted }: AcceptedArchive): Promise<BuiltArchive | undefined> {
    const { items } = this.#request;
    if (!wasCounted) return this.#finish(items, archiveBytes, true);
    for (const { object } of items) this.#dependencies.telemetry.objectSkipped(object, 'packed-before');
    try {
      await this.#checkpoint?.release();
    } catch (thrown) {
      this.#noteLeftBehind(thrown);
    }
    return undefined;
  }

  /**
   * @returns undefined when another attempt has taken over the archive in the meantime: that attempt finds it done and
   *   counts it
   */
  async #finish(
    items: readonly PackItem[],
    archiveBytes: number,
    isResumed: boolean,
  ): Promise<BuiltArchive | undefined> {
    const originalBytes = items.reduce((sum, { object }) => sum + object.size, 0);
    const cpuSeconds = this.#cpuSeconds;
    const built = { location: this.#location, items, originalBytes, archiveBytes, cpuSeconds, isResumed };
    if (this.#checkpoint === undefined) return built;
    try {
      await this.#checkpoint.close();
      await this.#checkpoint.remove();
    } catch (thrown) {
      if (thrown instanceof ArchiveInProgressError) return undefined;
      this.#noteLeftBehind(thrown);
    }
    return built;
  }

  /**
   * Resumes after the parts that an earlier attempt has left, with the numbers that the manifest and the seek table
   * need for them; or begins an upload that a later attempt can find.
   */
  async #takeOver(interrupted: InterruptedArchive | undefined): Promise<void> {
    const [item] = this.#request.items;
    if (this.#checkpoint === undefined || item === undefined) return;
    if (interrupted === undefined) {
      await this.#checkpoint.begin(await this.#upload.begin());
      return;
    }
    const { upload, parts, frameSizes } = interrupted;
    this.#upload.resume(upload, parts);
    const last = parts.at(-1);
    if (last === undefined) return;
    // Reads one byte, pinned to the event's ETag, for the headers that the earlier attempt got with its first frame.
    const result = await readItem(item, new Uint8Array(1), 0, this.#dependencies, this.#signal);
    if ('leftOut' in result) throw new RestartWithoutItem(item, result.leftOut);
    for (const { size } of this.#plannedFrames()) {
      const compressed = frameSizes[this.#frames.length];
      if (compressed === undefined) break;
      this.#frames.push({ compressed, decompressed: size });
    }
    const frames = frameSizes.length;
    const position = { frame: 0, frames, offset: 0, crc32: last.objectCrc32 };
    this.#packed.takeOver(item, result.read, position, frames === countLargeFrames(item.object.size));
  }

  /**
   * Keeps everything that another attempt can resume from, and removes everything else that is ours.
   * @returns why the attempt ends: any failure may be due to another attempt having taken over the archive
   */
  async #giveUp(failure: unknown): Promise<unknown> {
    try {
      await this.#upload.suspend();
      if (this.#checkpoint !== undefined && isResumable(failure, this.#request.signal))
        await this.#checkpoint.release();
      else if (this.#checkpoint?.isOwned !== false) await this.#discard();
    } catch (thrown) {
      if (thrown instanceof ArchiveInProgressError) return thrown;
      this.#noteLeftBehind(thrown);
    }
    return failure;
  }

  async #discard(): Promise<void> {
    // Only once it is certain that no other worker resumes it.
    await this.#checkpoint?.close();
    await this.#upload.abort();
    await this.#checkpoint?.remove();
  }

  #plannedFrames(): Generator<FramePlan, void, undefined> {
    return planFrames(
      this.#request.items.map(({ object: { key, size } }) => ({
        name: memberName(key),
        size,
        group: guessContentClass(key),
      })),
    );
  }

  /**
   * The reason why an attempt ended matters more than a remaining upload or record: the bucket's lifecycle removes
   * those.
   */
  #noteLeftBehind(thrown: unknown): void {
    this.#dependencies.telemetry.uploadLeftBehind(this.#location, asCompressorError(thrown));
  }

  /** Starts a frame as soon as buffers are free and appends the frames in order; ends when none is in progress. */
  async #packFrames(): Promise<void> {
    const { items, levels } = this.#request;
    const dependencies = this.#dependencies;
    const signal = this.#signal;
    const reads = pLimit(dependencies.limits.parallelReads);
    const context = { items, framesByClass: countFrames(items), levels, dependencies, reads, signal };
    const depth = dependencies.buffers.inputs.count;
    const inProgress: Promise<BuiltFrame>[] = [];
    let done = this.#frames.length;
    try {
      for (const plan of this.#plannedFrames()) {
        if (done > 0) {
          done -= 1;
          continue;
        }
        signal.throwIfAborted();
        const frame = packFrame(plan, context);
        // Its failure is handled when its turn comes; until then it must not count as unhandled.
        frame.catch(() => undefined);
        inProgress.push(frame);
        if (inProgress.length >= depth) await this.#appendNext(inProgress);
      }
      while (inProgress.length > 0) await this.#appendNext(inProgress);
    } catch (thrown) {
      this.#stop.abort(thrown);
      for (const result of await Promise.allSettled(inProgress))
        if (result.status === 'fulfilled') result.value.release();
      throw thrown;
    }
  }

  async #appendNext(inProgress: Promise<BuiltFrame>[]): Promise<void> {
    const frame = await inProgress.shift();
    if (frame === undefined) return;
    try {
      this.#packed.noteLeftOut(frame.leftOut);
      const { compressed } = frame;
      if (compressed === undefined) return;
      frame.slices.forEach((slice, index) => {
        const position = { frame: this.#frames.length, offset: compressed.offsets[index] ?? 0 };
        this.#packed.notePosition(slice, position, compressed.checksums[index] ?? 0);
      });
      this.#frames.push({ compressed: compressed.compressed, decompressed: compressed.decompressed });
      this.#cpuSeconds += compressed.cpuSeconds;
      if (frame.outcome !== undefined) this.#request.levels.note(frame.outcome);
      await this.#upload.append(new Uint8Array(compressed.output, 0, compressed.compressed), compressed.frameChecksum);
      this.#noteProgress();
    } finally {
      frame.release();
    }
  }

  #noteProgress(): void {
    const [only] = this.#packed;
    if (only !== undefined) this.#checkpoint?.note(this.#upload.parts, this.#frames, only.position.crc32);
  }

  async #appendManifest(): Promise<void> {
    const { rule, pool } = this.#dependencies;
    const { levels } = this.#request;
    // The manifest itself is text.
    const ownLevel = levels.expect('text');
    const level = levels.shares()[0]?.level ?? ownLevel;
    const objects = Array.from(this.#packed, ({ item, read, position }) => manifestEntry(item, read, position));
    const manifest = { rule: rule.id, level, targets: manifestTargets(rule), objects };
    const frame = await compressManifest(manifest, ownLevel, pool, this.#location);
    this.#frames.push({ compressed: frame.compressed, decompressed: frame.decompressed });
    this.#cpuSeconds += frame.cpuSeconds;
    await this.#upload.append(new Uint8Array(frame.output, 0, frame.compressed), frame.frameChecksum);
  }
}
