import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import type { CompressorError } from '../../errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { FailureFate } from '../../messages/settle-batch.ts';
import type {
  DeletionSkipReason,
  PartlyRestoredArchive,
  RestoredArchive,
  RestoredDeletions,
  RestoreSkipReason,
  RestoringTelemetry,
} from '../../restoring/telemetry.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

export interface RestoringTelemetryOptions {
  readonly namespace: string;
  readonly rules: readonly ReplicationRule[];
  /** The region that this target serves. */
  readonly region: string;
  /** USD per second of a batch; absent if nothing is deployed. */
  readonly dollarsPerSecond: number | undefined;
}

/** One metric per reason: a dimension for reasons would be billed per rule, and reading the total would need a sum. */
const REASONS: readonly (readonly [reason: DeletionSkipReason, metric: string])[] = [
  ['absent', 'DeletionsOfAbsentObjects'],
  ['newer-at-target', 'DeletionsOfNewerObjects'],
  ['kept', 'DeletionsOfKeptObjects'],
];

/** An archive's share of the time of a batch. */
interface RestoredShare {
  readonly metrics: DimensionedMetrics;
  /** Time from its beginning to its end, during which other archives were restored, too. */
  readonly seconds: number;
}

/** Logs and metrics of the target service. `flush` ends a batch. */
export class PowertoolsRestoringTelemetry implements RestoringTelemetry {
  readonly #logger: BatchLogger;
  readonly #byRule: ReadonlyMap<string, DimensionedMetrics>;
  /** Things that cannot be attributed to one rule. */
  readonly #ofRegion: DimensionedMetrics;
  readonly #dollarsPerSecond: number | undefined;
  #restored: RestoredShare[] = [];

  constructor({ namespace, rules, region, dollarsPerSecond }: RestoringTelemetryOptions) {
    this.#dollarsPerSecond = dollarsPerSecond;
    this.#logger = new BatchLogger('target', { region });
    this.#ofRegion = new DimensionedMetrics(namespace, { TargetRegion: region });
    this.#byRule = new Map(
      rules.map((rule) => [
        rule.id,
        new DimensionedMetrics(namespace, { ...ruleDimensions(rule), TargetRegion: region }),
      ]),
    );
  }

  archiveRestored(archive: RestoredArchive): void {
    const {
      rule,
      objects,
      restored,
      overwritten,
      skipped,
      bytes,
      archiveBytes,
      seconds,
      decompressionCpuSeconds,
      latency,
    } = archive;
    const metrics = this.#countWrites(archive);
    metrics.observe('DecompressionTimeSeconds', MetricUnit.Seconds, decompressionCpuSeconds);
    if (objects > 0) metrics.observe('ObjectRestoreTime', MetricUnit.Seconds, seconds / objects);
    this.#restored.push({ metrics, seconds });
    this.#logger.info('Archive restored', {
      rule,
      archive: archive.key,
      objects,
      restored,
      overwritten,
      skipped,
      ...(archive.deletions === undefined ? {} : { deletions: archive.deletions }),
      bytes,
      archive_bytes: archiveBytes,
      seconds,
      latency_seconds: latency.longest,
    });
  }

  archivePartlyRestored(archive: PartlyRestoredArchive): void {
    this.#countWrites(archive);
  }

  #countWrites({
    rule,
    restored,
    overwritten,
    skipped,
    deletions,
    latency,
  }: PartlyRestoredArchive): DimensionedMetrics {
    const metrics = this.#byRule.get(rule) ?? this.#ofRegion;
    metrics.distribute('ReplicationLatencySeconds', MetricUnit.Seconds, latency.bins());
    metrics.count('ObjectsProcessed', restored);
    if (overwritten > 0) metrics.count('Overwritten', overwritten);
    metrics.count('SkippedObjects', skipped);
    if (deletions !== undefined) countDeletions(metrics, deletions);
    return metrics;
  }

  objectSkipped(object: ObjectLocation, reason: RestoreSkipReason): void {
    if (reason !== 'unordered') {
      this.#logger.debug('Object skipped', { ...object, reason });
      return;
    }
    this.#ofRegion.count('UnorderedSkips');
    this.#logger.warn('An object was skipped although the existing one may be older', { ...object, reason });
  }

  conflictOverwritten(object: ObjectLocation): void {
    this.#ofRegion.count('OverwrittenObjects');
    this.#logger.warn('An object of another writer was overwritten', { ...object });
  }

  deletionSkipped(object: ObjectLocation, reason: DeletionSkipReason): void {
    this.#logger.debug('Deletion skipped', { ...object, reason });
  }

  conflictDeleted(object: ObjectLocation): void {
    this.#ofRegion.count('OverwrittenObjects');
    this.#logger.warn('An object of another writer was deleted, as at the source', { ...object });
  }

  storageClassReplaced(object: ObjectLocation, storageClass: string): void {
    this.#ofRegion.count('ReplacedStorageClasses');
    this.#logger.info('An object was stored as STANDARD, since a PUT cannot set its storage class', {
      ...object,
      storage_class: storageClass,
    });
  }

  archiveGone(archive: ObjectLocation): void {
    this.#logger.info('Archive of the event is gone', { archive: archive.key });
  }

  objectFailed(object: ObjectLocation, error: CompressorError): void {
    this.#ofRegion.count('FailedTargetUploads');
    this.#logger.logFailure('Object could not be restored', error, { ...object });
  }

  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void {
    this.#logger.logMessageFailure(message, error, fate);
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logQueueFailure(error);
  }

  fallbackAsleep(error: CompressorError): void {
    this.#ofRegion.count('FallbackStartFailures');
    this.#logger.logAsleep(error);
  }

  /**
   * @param seconds that the batch took, which are billed: its archives are restored concurrently, and share the cost in
   * proportion to their own time
   */
  flush(seconds: number): void {
    const together = this.#restored.reduce((sum, share) => sum + share.seconds, 0);
    for (const { metrics, seconds: own } of this.#restored) {
      const share = together === 0 ? 1 / this.#restored.length : own / together;
      if (this.#dollarsPerSecond !== undefined) {
        metrics.observe('ComputeCost', MetricUnit.NoUnit, this.#dollarsPerSecond * seconds * share);
      }
    }
    this.#restored = [];
    for (const metrics of this.#byRule.values()) metrics.flush();
    this.#ofRegion.flush();
    this.#logger.beginBatch();
  }
}

function countDeletions(metrics: DimensionedMetrics, { deleted, skipped }: RestoredDeletions): void {
  metrics.count('ObjectsDeleted', deleted);
  for (const [reason, name] of REASONS) {
    const deletions = skipped[reason] ?? 0;
    if (deletions === 0) continue;
    metrics.count('DeletionsSkipped', deletions);
    metrics.count(name, deletions);
  }
}
