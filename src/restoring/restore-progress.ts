import { parseKeyTime } from '../archive/key-time.ts';
import { asCompressorError, type CompressorError, UnexpectedError } from '../errors.ts';
import type { RestoringWork } from '../limits/restoring-speed.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { archiveName, type RestoreRun } from './dependencies.ts';
import { ArchiveChangedError, ArchiveGoneError, ArchiveNotRestoredError } from './errors.ts';
import { LatencyDistribution } from './latency-distribution.ts';
import type { RestorableObject } from './restorable-object.ts';
import type { TargetTelemetry } from './telemetry.ts';
import type { WriteResult } from './write-object.ts';

/** What an archive asked for. */
export interface RestoreSummary {
  readonly rule: string;
  /** Objects x destinations. */
  readonly due: number;
  readonly work: RestoringWork;
}

/** Keys that the error of an archive names; telemetry names them all. */
const NAMED_FAILURES = 5;

/** What became of the writes of one archive. Counts of all, names of the first failures only: an archive may have a million. */
export class RestoreProgress {
  restored = 0;
  skipped = 0;
  /** Of `restored`, those whose key existed. */
  overwritten = 0;
  /** Bytes of what was written. */
  bytes = 0;
  /** Of decompression. */
  cpuSeconds = 0;
  failed = 0;
  /** Of what was written. */
  readonly latency = new LatencyDistribution();
  readonly #archive: ObjectLocation;
  /** When its earliest object was written of which an event told. */
  readonly #earliest: number;
  readonly #telemetry: TargetTelemetry;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #failedKeys: string[] = [];
  readonly #codes = new Set<string>();
  #firstError: CompressorError | undefined;
  #retryable = false;
  #unreadable: ArchiveGoneError | ArchiveChangedError | undefined;

  constructor(archive: ObjectLocation, run: Pick<RestoreRun, 'telemetry' | 'signal' | 'now'>) {
    this.#archive = archive;
    this.#earliest = parseKeyTime(archive.key.slice(archive.key.lastIndexOf('/') + 1)) ?? Number.NEGATIVE_INFINITY;
    this.#telemetry = run.telemetry;
    this.#signal = run.signal;
    this.#now = run.now;
  }

  /** Why nothing more can be restored now: the run's time is over, or the archive went away in the middle. */
  get stopReason(): CompressorError | undefined {
    return this.#signal.aborted ? asCompressorError(this.#signal.reason) : this.#unreadable;
  }

  settled(location: ObjectLocation, { size, stamp }: RestorableObject, result: WriteResult): void {
    if (result === 'restored' || result === 'overwritten') {
      this.restored += 1;
      if (result === 'overwritten') this.overwritten += 1;
      this.bytes += size;
      // What is older than the key of its archive says was queued by a backfill: nobody has waited since it was written.
      if (stamp.eventTime >= this.#earliest) this.latency.add((this.#now() - stamp.eventTime) / 1000);
    } else {
      this.skipped += 1;
      this.#telemetry.objectSkipped(location, result);
    }
  }

  fail(object: ObjectLocation, error: CompressorError): void {
    if (error instanceof ArchiveGoneError || error instanceof ArchiveChangedError) {
      this.#unreadable ??= error;
      return;
    }
    // Past the deadline every call fails for that one reason, which `assertComplete` gives for all of them.
    if (this.#signal.aborted) return;
    this.failed += 1;
    this.#firstError ??= error;
    this.#retryable ||= error.retryable;
    this.#codes.add(error.code);
    if (this.#failedKeys.length < NAMED_FAILURES) this.#failedKeys.push(`${object.bucket}/${object.key}`);
    this.#telemetry.objectFailed(object, error);
  }

  /**
   * Passes only when each of the writes that were due is done or was rightly left out.
   * @throws RunDeadlineError, ArchiveGoneError, ArchiveChangedError, ArchiveNotRestoredError
   */
  assertComplete(due: number): void {
    if (this.stopReason !== undefined) throw this.stopReason;
    const name = archiveName(this.#archive);
    if (this.#firstError !== undefined) {
      const keys = this.#failedKeys.join(', ');
      const codes = [...this.#codes].join(', ');
      const more = this.failed > this.#failedKeys.length ? ', ...' : '';
      throw new ArchiveNotRestoredError(
        this.#retryable,
        `${this.failed} of ${due} objects of ${name} could not be restored (${codes}): ${keys}${more}. The archive is kept.`,
        { cause: this.#firstError, context: { archive: name, failed: this.failed, due, codes, keys } },
      );
    }
    if (this.restored + this.skipped !== due) {
      throw new UnexpectedError(`Of ${due} writes of ${name}, ${this.restored + this.skipped} are accounted for`, {
        context: { archive: name, due, restored: this.restored, skipped: this.skipped },
      });
    }
  }
}
