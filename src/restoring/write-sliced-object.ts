import { createHash } from 'node:crypto';
import { combineCrc32 } from '../archive/checksum.ts';
import { checksumMismatchError } from '../archive/frame-bytes.ts';
import { PartLayout } from '../archive/plan-parts.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import { WriteConditionError } from '../storage/errors.ts';
import type { ObjectUpload, WriteTarget, WrittenVersion } from '../storage/object-store.ts';
import { STAGE_PREFIX, StagedPart } from '../storage/staged-part.ts';
import type { RestoreRun } from './dependencies.ts';
import { ResumedUploadError } from './errors.ts';
import { locationAt, type RestorableObject } from './restorable-object.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { createMarkedUpload, findMarkedUpload, markOf, planUpload, type UploadPlan } from './resume-upload.ts';
import { planWrite, writeLaterTags } from './split-write.ts';
import {
  type DueWrite,
  headAndDecide,
  reportUnexpectedWrite,
  type WriteResult,
  type WriteStep,
  writtenUnder,
} from './write-object.ts';

/** A part in progress. */
interface PartInWork {
  /** Slices that are not yet written. */
  missing: number;
  /** CRC-32 and bytes of each slice, by its slot in the part. */
  readonly slices: { readonly crc32: number; readonly length: number }[];
  /** Combines the slices of a part that has several. */
  readonly stage: StagedPart | undefined;
}

/**
 * Writes a large object to one destination: its slices become the parts of a multipart upload, in any order and
 * concurrently. It reports its result to `progress` once. If it fails, it aborts the upload, unless another attempt can
 * resume it: then the parts are kept, and `resume` of that attempt finds them.
 */
export class SlicedObjectWrite {
  readonly #object: RestorableObject;
  readonly #due: DueWrite;
  readonly #run: RestoreRun;
  readonly #progress: RestoreProgress;
  readonly #target: WriteTarget;
  readonly #layout: PartLayout;
  /** Present when the object is worth resuming. */
  readonly #plan: UploadPlan | undefined;
  readonly #inWork = new Map<number, PartInWork>();
  /** CRC-32 of each part that S3 has, by its number from 0. */
  readonly #checksums = new Map<number, number>();
  readonly #moving = new Set<Promise<void>>();
  #active = 0;
  #opening: Promise<ObjectUpload> | undefined;
  #upload: ObjectUpload | undefined;
  #state: 'open' | 'complete' | 'left-out' | 'failed' = 'open';
  #kept = false;

  /** @param sliceLength bytes of each slice but the last */
  constructor(
    object: RestorableObject,
    sliceLength: number,
    due: DueWrite,
    run: RestoreRun,
    progress: RestoreProgress,
  ) {
    this.#object = object;
    this.#due = due;
    this.#run = run;
    this.#progress = progress;
    this.#target = planWrite(object, due.destination).target;
    this.#layout = new PartLayout(object.size, sliceLength, run.limits.maxParts);
    this.#plan = planUpload(object, due.destination, sliceLength, run.limits);
  }

  /**
   * Finds parts that an earlier attempt has already written. Does nothing for an object that is too small to be worth
   * the requests. Never rejects.
   */
  async resume(): Promise<void> {
    if (this.#plan === undefined) return;
    try {
      const upload = await findMarkedUpload(this.#run.store, this.#plan, this.#run.signal);
      if (upload === undefined) return;
      this.#upload = upload;
      this.#opening = Promise.resolve(upload);
      for (const { number, crc32 } of upload.earlier) {
        if (number <= this.#layout.parts) this.#checksums.set(number - 1, crc32);
      }
      if (this.#checksums.size === this.#layout.parts) await this.#complete(upload);
    } catch (thrown) {
      this.#fail(asCompressorError(thrown));
    } finally {
      await this.#abortUnusedParts();
    }
  }

  /** Whether slice `index` (from 0) is still needed. */
  wantsSlice(index: number): boolean {
    return this.#state === 'open' && !this.#checksums.has(this.#layout.partOf(index));
  }

  /** Sends slice `index` (from 0); `body` may be reused when the promise settles. Never rejects. */
  async writeSlice(index: number, body: Uint8Array, crc32: number): Promise<void> {
    if (!this.wantsSlice(index)) return;
    await this.#work(async () => {
      this.#opening ??= this.#open();
      this.#upload = await this.#opening;
      const number = this.#layout.partOf(index);
      const part = this.#partInWork(number);
      const slot = index - number * this.#layout.slicesPerPart;
      await (part.stage?.write(slot, body, crc32) ?? this.#upload.uploadPart(number + 1, body, crc32));
      part.slices[slot] = { crc32, length: body.length };
      part.missing -= 1;
      if (part.missing > 0) return;
      if (part.stage === undefined) await this.#finishPart(number, part, this.#upload);
      else this.#moveStagedPart(number, part, this.#upload);
    });
  }

  /** Resolves when nothing is in flight any more. Call it after the last slice. */
  async settle(): Promise<void> {
    await Promise.all(this.#moving);
  }

  /** Ends the write without its missing slices. Does nothing if it has already ended. Never rejects. */
  async abandon(reason: CompressorError): Promise<void> {
    this.#fail(reason);
    await this.#abortUnusedParts();
  }

  async #work(action: () => Promise<void>): Promise<void> {
    this.#active += 1;
    try {
      await action();
    } catch (thrown) {
      this.#fail(asCompressorError(thrown));
    } finally {
      this.#active -= 1;
      await this.#abortUnusedParts();
    }
  }

  #open(): Promise<ObjectUpload> {
    const { store, signal } = this.#run;
    return this.#plan === undefined
      ? store.createUpload(this.#target, signal)
      : createMarkedUpload(store, this.#plan, signal);
  }

  #partInWork(number: number): PartInWork {
    const known = this.#inWork.get(number);
    if (known !== undefined) return known;
    const missing = this.#layout.slicesIn(number);
    const stage = missing === 1 ? undefined : this.#stageOf(number);
    const part = { missing, slices: [], stage };
    this.#inWork.set(number, part);
    return part;
  }

  /** Parts are staged in our own bucket of this region, where the destination's owner never sees them. */
  #stageOf(number: number): StagedPart {
    const { store, inboundBucket, signal } = this.#run;
    const plan = this.#plan ?? { target: this.#target, layout: this.#layout, crc32: 0 };
    const digest = createHash('sha256').update(markOf(plan)).digest('hex').slice(0, 32);
    return new StagedPart(store, { bucket: inboundBucket, key: `${STAGE_PREFIX}${digest}/${number + 1}` }, signal);
  }

  /** Runs in the background, so the slice's buffer is free for the next frame while S3 copies gigabytes. */
  #moveStagedPart(number: number, part: PartInWork, upload: ObjectUpload): void {
    const moving = this.#work(async () => {
      await part.stage?.moveTo(upload, number + 1);
      await this.#finishPart(number, part, upload);
    });
    this.#moving.add(moving);
    void moving.finally(() => this.#moving.delete(moving));
  }

  async #finishPart(number: number, part: PartInWork, upload: ObjectUpload): Promise<void> {
    const checksum = part.slices.reduce((whole, { crc32, length }) => combineCrc32(whole, crc32, length), 0);
    this.#inWork.delete(number);
    this.#checksums.set(number, checksum);
    if (this.#checksums.size === this.#layout.parts && this.#state === 'open') await this.#complete(upload);
  }

  async #complete(upload: ObjectUpload): Promise<void> {
    const { size } = this.#object;
    const crc32 = this.#joinedChecksum();
    this.#refuseWrongBytes(crc32, upload);
    const location = locationAt(this.#object, this.#due.destination);
    const current = await this.#lookAgain();
    if (current.kind === 'settled') {
      this.#leaveOut(current.result);
      return;
    }
    const { condition } = current;
    let written: WrittenVersion;
    try {
      written = await upload.complete({ crc32, size, condition, lastPart: this.#layout.parts });
    } catch (error) {
      // The key has changed, or a response was lost after S3 had done the work. If the stored object makes ours
      // unnecessary, nothing remains to be done; otherwise the archive's next attempt writes the object again.
      const decision = await headAndDecide(this.#object, this.#due.destination, this.#run);
      if (decision.kind === 'write') throw error;
      this.#leaveOut(decision.result);
      return;
    }
    await writeLaterTags(this.#object, this.#due.destination, written, this.#run);
    this.#state = 'complete';
    reportUnexpectedWrite(this.#object, this.#due.destination, current, this.#run);
    this.#progress.settled(location, this.#object, writtenUnder(current));
  }

  /**
   * The upload may have taken hours. An ETag does not prove that nothing newer was written in the meantime: another
   * write of the same bytes has the same one. If there was no object at the key, the condition is enough.
   */
  async #lookAgain(): Promise<WriteStep> {
    const { decision, destination } = this.#due;
    return decision.condition.kind === 'matches' ? headAndDecide(this.#object, destination, this.#run) : decision;
  }

  #leaveOut(result: WriteResult): void {
    this.#state = 'left-out';
    this.#progress.settled(locationAt(this.#object, this.#due.destination), this.#object, result);
  }

  #joinedChecksum(): number {
    let whole = 0;
    for (let part = 0; part < this.#layout.parts; part += 1) {
      whole = combineCrc32(whole, this.#checksums.get(part) ?? 0, this.#layout.sizeOf(part));
    }
    return whole;
  }

  #refuseWrongBytes(crc32: number, upload: ObjectUpload): void {
    const { key, crc32: expected } = this.#object;
    if (expected === undefined || crc32 === expected) return;
    const mismatch = checksumMismatchError(key, expected, crc32);
    if (upload.earlier.length === 0) throw mismatch;
    throw new ResumedUploadError(
      `${mismatch.message}. Some of its parts are from an earlier attempt; the upload starts over.`,
      {
        context: mismatch.context,
        cause: mismatch,
      },
    );
  }

  #fail(error: CompressorError): void {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    // After a lost race S3 does not guarantee that the parts can be reused, and parts of a wrong object never can.
    const isSpoiled = error instanceof WriteConditionError || error instanceof ResumedUploadError;
    this.#kept = this.#plan !== undefined && error.retryable && !isSpoiled;
    this.#progress.fail(locationAt(this.#object, this.#due.destination), error);
  }

  /** Call it only when no part is in flight any more, since S3 keeps parts that arrive after the abort. */
  async #abortUnusedParts(): Promise<void> {
    const isUnused = this.#state === 'failed' || this.#state === 'left-out';
    if (!isUnused || this.#active > 0) return;
    const stages = [...this.#inWork.values()].flatMap(({ stage }) => stage ?? []);
    this.#inWork.clear();
    const upload = this.#kept ? undefined : this.#upload;
    this.#upload = undefined;
    try {
      await Promise.all([...stages.map((stage) => stage.abort()), upload?.abort()]);
    } catch (thrown) {
      this.#run.telemetry.objectFailed(locationAt(this.#object, this.#due.destination), asCompressorError(thrown));
    }
  }
}
