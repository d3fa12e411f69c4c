import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { type ArchiveDollars, archiveAmounts, archiveDollars, type RuleCosts } from '../../adaptive/cost-model.ts';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import type { CompressorError } from '../../errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { FailureFate } from '../../messages/settle-batch.ts';
import type {
  DeferredTo,
  PackedArchive,
  PackedDeletions,
  PackingTelemetry,
  SkipReason,
} from '../../packing/telemetry.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import { BatchLogger } from './batch-logger.ts';
import { describeLevels, describeShare, levelValues } from './describe-levels.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

const DOWNLOADS = new Set<unknown>(['GetObject', 'GetObjectTagging']);
const UPLOADS = new Set<unknown>(['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);

export interface PackingTelemetryOptions {
  readonly namespace: string;
  readonly rule: ReplicationRule;
  /** Absent: no dollars are reported. */
  readonly costs?: RuleCosts | undefined;
  /** USD per second of packing: of the whole function, or of one slot of a task. Absent: the usual price. */
  readonly dollarsPerSecond?: number | undefined;
}

/** Logs and metrics of the source service. `flush` ends a batch. */
export class PowertoolsPackingTelemetry implements PackingTelemetry {
  readonly #logger: BatchLogger;
  readonly #metrics: DimensionedMetrics;
  readonly #costs: RuleCosts | undefined;
  readonly #dollarsPerSecond: number | undefined;

  constructor({ namespace, rule, costs, dollarsPerSecond }: PackingTelemetryOptions) {
    this.#logger = new BatchLogger('source', { rule: rule.id });
    this.#metrics = new DimensionedMetrics(namespace, { ...ruleDimensions(rule) });
    this.#costs = costs;
    this.#dollarsPerSecond = dollarsPerSecond;
  }

  archivePacked(archive: PackedArchive): void {
    const { objects, originalBytes, archiveBytes, seconds, cpuSeconds, delaySeconds, levels } = archive;
    const dollars = this.#dollarsOf(archive);
    this.#metrics.observe('OriginalSize', MetricUnit.Bytes, originalBytes);
    this.#metrics.observe('CompressedSize', MetricUnit.Bytes, archiveBytes);
    this.#metrics.observe('CompressionThroughput', MetricUnit.BytesPerSecond, originalBytes / seconds);
    this.#metrics.observe('CompressionTimeSeconds', MetricUnit.Seconds, cpuSeconds);
    this.#metrics.observe('ObjectProcessingTime', MetricUnit.Seconds, seconds / objects);
    this.#metrics.observe('PackingDelaySeconds', MetricUnit.Seconds, delaySeconds);
    this.#metrics.distribute('CompressionLevel', MetricUnit.NoUnit, levelValues(levels));
    this.#metrics.count('ObjectsPacked', objects);
    if (dollars !== undefined) {
      this.#metrics.observe('TransferSavings', MetricUnit.NoUnit, dollars.transferSavings);
      this.#metrics.observe('ComputeCost', MetricUnit.NoUnit, dollars.computeCost);
      this.#metrics.observe('NetBenefit', MetricUnit.NoUnit, dollars.netBenefit);
    }
    this.#logger.info('Archive packed', {
      archive: archive.key,
      objects,
      original_bytes: originalBytes,
      archive_bytes: archiveBytes,
      ratio: Number((originalBytes / archiveBytes).toFixed(2)),
      transfer_savings_dollars: dollars?.transferSavings,
      net_benefit_dollars: dollars?.netBenefit,
      // "level" is the severity of a log line, and the logger drops it.
      zstd_levels: describeLevels(levels),
      frames: levels.map(describeShare),
      seconds,
      cpu_seconds: cpuSeconds,
      delay_seconds: delaySeconds,
    });
  }

  #dollarsOf(archive: PackedArchive): ArchiveDollars | undefined {
    if (this.#costs === undefined) return undefined;
    const billed = this.#dollarsPerSecond === undefined ? undefined : archive.seconds * this.#dollarsPerSecond;
    return archiveDollars(this.#costs, archiveAmounts(archive), billed);
  }

  deletionsPacked({ key, deletions, archiveBytes, delaySeconds }: PackedDeletions): void {
    this.#metrics.count('DeletionsPacked', deletions);
    this.#metrics.observe('PackingDelaySeconds', MetricUnit.Seconds, delaySeconds);
    this.#logger.info('Deletions packed', {
      archive: key,
      deletions,
      archive_bytes: archiveBytes,
      delay_seconds: delaySeconds,
    });
  }

  objectSkipped(object: ObjectLocation, reason: SkipReason): void {
    this.#metrics.count('SkippedObjects');
    // A missing object ends its message, so a user who searches for it must find a line.
    if (reason === 'gone') this.#logger.info('Object of the event is gone', { ...object });
    else this.#logger.debug('Object skipped', { ...object, reason });
  }

  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void {
    const operation = error.context['operation'];
    if (DOWNLOADS.has(operation)) this.#metrics.count('FailedDownloads');
    if (UPLOADS.has(operation)) this.#metrics.count('FailedUploads');
    this.#logger.logMessageFailure(message, error, fate);
  }

  uploadLeftBehind(archive: ObjectLocation, error: CompressorError): void {
    this.#logger.logFailure('The upload of a failed archive could not be aborted', error, { archive: archive.key });
  }

  archiveInProgress(archive: ObjectLocation, seconds: number): void {
    this.#logger.info('Archive is in progress in another worker', { archive: archive.key, due_in_seconds: seconds });
  }

  objectsDeferred(objects: number, ageSeconds: number, to: DeferredTo): void {
    this.#metrics.count('ObjectsDeferred', objects);
    this.#metrics.observe('DeferredAgeSeconds', MetricUnit.Seconds, ageSeconds);
    if (to === 'fallback') this.#metrics.observe('FallbackAgeSeconds', MetricUnit.Seconds, ageSeconds);
  }

  messagesReturned(ageSeconds: number): void {
    this.#metrics.observe('RetriedAgeSeconds', MetricUnit.Seconds, ageSeconds);
  }

  statisticsLost(error: CompressorError): void {
    this.#metrics.count('StatisticsLost');
    this.#logger.warn('Level statistics are lost', { error });
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logQueueFailure(error);
  }

  fallbackAsleep(error: CompressorError): void {
    this.#metrics.count('FallbackStartFailures');
    this.#logger.logAsleep(error);
  }

  flush(): void {
    this.#metrics.flush();
    this.#logger.beginBatch();
  }
}
