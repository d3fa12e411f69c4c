import { combineCrc32 } from '../archive/checksum.ts';
import { checksumMismatch } from '../archive/frame-bytes.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';
import type { ObjectUpload, WriteCondition } from '../storage/object-store.ts';
import type { RestoreRun } from './dependencies.ts';
import { locationAt, type RestorableObject, writeTarget } from './restorable-object.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { type DueWrite, lookAndDecide } from './write-object.ts';

/**
 * A large object on its way to one destination: each slice becomes one part of a multipart upload, in any order and at
 * the same time. It reports its end to `progress` itself, once, and leaves no parts behind when it fails.
 */
export class SlicedObjectWrite {
  readonly #object: RestorableObject;
  readonly #due: DueWrite;
  readonly #run: RestoreRun;
  readonly #progress: RestoreProgress;
  readonly #checksums: number[];
  readonly #lengths: number[];
  #missing: number;
  #active = 0;
  #opening: Promise<ObjectUpload> | undefined;
  #upload: ObjectUpload | undefined;
  #state: 'open' | 'complete' | 'left-out' | 'failed' = 'open';

  constructor(object: RestorableObject, slices: number, due: DueWrite, run: RestoreRun, progress: RestoreProgress) {
    this.#object = object;
    this.#due = due;
    this.#run = run;
    this.#progress = progress;
    this.#missing = slices;
    this.#checksums = new Array<number>(slices).fill(0);
    this.#lengths = new Array<number>(slices).fill(0);
  }

  /** Whether slices are still of use. */
  wantsSlices(): boolean {
    return this.#state === 'open';
  }

  /** Sends slice `index` (from 0); `body` may be reused when the promise settles. Never rejects. */
  async writeSlice(index: number, body: Uint8Array, crc32: number): Promise<void> {
    if (!this.wantsSlices()) return;
    this.#active += 1;
    try {
      this.#opening ??= this.#run.store.createUpload(
        writeTarget(this.#object, this.#due.destination),
        this.#run.signal,
      );
      this.#upload = await this.#opening;
      await this.#upload.uploadPart(index + 1, body, crc32);
      this.#checksums[index] = crc32;
      this.#lengths[index] = body.length;
      this.#missing -= 1;
      if (this.#missing === 0 && this.wantsSlices()) await this.#complete(this.#upload, this.#due.decision.condition);
    } catch (thrown) {
      this.#fail(asCompressorError(thrown));
    } finally {
      this.#active -= 1;
      await this.#giveBackParts();
    }
  }

  /** Ends the write without its missing slices. Nothing happens when it has ended already. Never rejects. */
  async abandon(reason: CompressorError): Promise<void> {
    this.#fail(reason);
    await this.#giveBackParts();
  }

  async #complete(upload: ObjectUpload, condition: WriteCondition): Promise<void> {
    const { size } = this.#object;
    const crc32 = this.#checksums.reduce((all, part, index) => combineCrc32(all, part, this.#lengths[index] ?? 0), 0);
    if (this.#object.crc32 !== undefined && crc32 !== this.#object.crc32) {
      throw checksumMismatch(this.#object.key, this.#object.crc32, crc32);
    }
    const location = locationAt(this.#object, this.#due.destination);
    try {
      await upload.complete({ crc32, size, condition });
    } catch (error) {
      // The key changed under us, or an answer was lost after S3 had done it. If what stands there now makes ours
      // unnecessary, all is well; else the archive's next attempt sends the object again, since parts serve only once.
      const decision = await lookAndDecide(this.#object, this.#due.destination, this.#run);
      if (decision.kind === 'write') throw error;
      this.#state = 'left-out';
      this.#progress.settled(location, size, decision.reason);
      return;
    }
    this.#state = 'complete';
    if (this.#due.decision.conflict) this.#run.telemetry.conflictOverwritten(location);
    this.#progress.settled(location, size, 'restored');
  }

  #fail(error: CompressorError): void {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#progress.fail(locationAt(this.#object, this.#due.destination), error);
  }

  /** Only when no part is on its way any more: S3 keeps parts that arrive after the abort. */
  async #giveBackParts(): Promise<void> {
    const unused = this.#state === 'failed' || this.#state === 'left-out';
    if (!unused || this.#active > 0 || this.#upload === undefined) return;
    const upload = this.#upload;
    this.#upload = undefined;
    try {
      await upload.abort();
    } catch (thrown) {
      this.#run.telemetry.objectFailed(locationAt(this.#object, this.#due.destination), asCompressorError(thrown));
    }
  }
}
