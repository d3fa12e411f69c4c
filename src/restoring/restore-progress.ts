import { parseKeyTime } from '../archive/key-time.ts';
import { asCompressorError, type CompressorError, UnexpectedError } from '../errors.ts';
import type { RestoringWork } from '../limits/restoring-speed.ts';
import type { WriteOrder } from '../messages/sequencer.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { archiveName, type RestoreRun } from './dependencies.ts';
import { ArchiveChangedError, ArchiveGoneError, ArchiveNotRestoredError } from './errors.ts';
import { LatencyDistribution } from './latency-distribution.ts';
import type { RestorableObject } from './restorable-object.ts';
import type { DeletionResult, DeletionSkipReason, RestoredDeletions, RestoringTelemetry } from './telemetry.ts';
import type { WriteResult } from './write-object.ts';

/** The work of an archive. */
export interface RestoreSummary {
  readonly rule: string;
  /** Objects x destinations. */
  readonly due: number;
  /** Deletions x destinations that replicate them. Absent: none. */
  readonly deletionsDue?: number;
  readonly work: RestoringWork;
}

/** Max keys in the error of an archive; telemetry reports all of them. */
const NAMED_FAILURES = 5;

/**
 * The results of one archive's writes. Counts all of them, but names only the first failures: an archive may have a
 * million.
 */
export class RestoreProgress {
  restored = 0;
  skipped = 0;
  /** Those of `restored` whose key existed. */
  overwritten = 0;
  /** Bytes of what was written. */
  bytes = 0;
  /** CPU time of decompression. */
  cpuSeconds = 0;
  failed = 0;
  /** Objects that deletions have deleted. */
  deleted = 0;
  /** Deletions of the archive that are finished. */
  settledDeletions = 0;
  readonly #deletionsSkipped: Partial<Record<DeletionSkipReason, number>> = {};
  /** Latencies of the objects that were written. */
  readonly latency = new LatencyDistribution();
  readonly #archive: ObjectLocation;
  /** When the earliest of its objects with an event was written. */
  readonly #earliest: number;
  readonly #telemetry: RestoringTelemetry;
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

  /** Why nothing more can be restored now: the invocation's time is over, or the archive has disappeared. */
  get stopReason(): CompressorError | undefined {
    return this.#signal.aborted ? asCompressorError(this.#signal.reason) : this.#unreadable;
  }

  get deletions(): { readonly deletions?: RestoredDeletions } {
    const { deleted } = this;
    const skipped = this.#deletionsSkipped;
    return deleted === 0 && Object.keys(skipped).length === 0 ? {} : { deletions: { deleted, skipped } };
  }

  settled(location: ObjectLocation, { size, stamp }: RestorableObject, result: WriteResult): void {
    if (result === 'restored' || result === 'overwritten') {
      this.restored += 1;
      if (result === 'overwritten') this.overwritten += 1;
      this.bytes += size;
      // An object older than the time in its archive's key was queued by a backfill: nobody has waited since it was
      // written.
      if (stamp.eventTime >= this.#earliest) this.latency.add((this.#now() - stamp.eventTime) / 1000);
    } else {
      this.skipped += 1;
      this.#telemetry.objectSkipped(location, result);
    }
  }

  deletionSettled(location: ObjectLocation, { eventTime }: WriteOrder, result: DeletionResult): void {
    this.settledDeletions += 1;
    if (result === 'deleted') {
      this.deleted += 1;
      this.latency.add((this.#now() - eventTime) / 1000);
    } else {
      this.#deletionsSkipped[result] = (this.#deletionsSkipped[result] ?? 0) + 1;
      this.#telemetry.deletionSkipped(location, result);
    }
  }

  fail(object: ObjectLocation, error: CompressorError): void {
    if (error instanceof ArchiveGoneError || error instanceof ArchiveChangedError) {
      this.#unreadable ??= error;
      return;
    }
    // After the deadline every call fails for that reason, which `assertComplete` reports once for all of them.
    if (this.#signal.aborted) return;
    this.failed += 1;
    this.#firstError ??= error;
    this.#retryable ||= error.retryable;
    this.#codes.add(error.code);
    if (this.#failedKeys.length < NAMED_FAILURES) this.#failedKeys.push(`${object.bucket}/${object.key}`);
    this.#telemetry.objectFailed(object, error);
  }

  /**
   * Passes only if each due write is done or was rightly skipped.
   * @throws RunDeadlineError, ArchiveGoneError, ArchiveChangedError, ArchiveNotRestoredError
   */
  assertComplete({ due, deletionsDue = 0 }: Pick<RestoreSummary, 'due' | 'deletionsDue'>): void {
    if (this.stopReason !== undefined) throw this.stopReason;
    const name = archiveName(this.#archive);
    if (this.#firstError !== undefined) {
      const keys = this.#failedKeys.join(', ');
      const codes = [...this.#codes].join(', ');
      const more = this.failed > this.#failedKeys.length ? ', ...' : '';
      throw new ArchiveNotRestoredError(
        this.#retryable,
        `${this.failed} of ${due + deletionsDue} objects of ${name} could not be restored (${codes}): ${keys}${more}. The archive is kept.`,
        {
          cause: this.#firstError,
          context: { archive: name, failed: this.failed, due: due + deletionsDue, codes, keys },
        },
      );
    }
    const settled = this.restored + this.skipped + this.settledDeletions;
    if (settled !== due + deletionsDue) {
      throw new UnexpectedError(`Of ${due + deletionsDue} writes of ${name}, ${settled} are accounted for`, {
        context: { archive: name, due, deletionsDue, restored: this.restored, skipped: this.skipped },
      });
    }
  }
}
