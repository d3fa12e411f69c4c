import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { bytesSaved, type PackedArchive, type SkipReason, type SourceTelemetry } from '../source/telemetry.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import type { RestoredArchive, RestoreSkipReason, TargetTelemetry } from '../target/telemetry.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

const DOWNLOADS = new Set<unknown>(['GetObject', 'GetObjectTagging']);
const UPLOADS = new Set<unknown>(['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);

/** Logs and metrics of the source service. `flush` ends a batch. */
export class PowertoolsSourceTelemetry implements SourceTelemetry {
  readonly #logger: BatchLogger;
  readonly #metrics: DimensionedMetrics;

  constructor({ namespace, rule }: { readonly namespace: string; readonly rule: ReplicationRule }) {
    this.#logger = new BatchLogger('source', { rule: rule.id });
    this.#metrics = new DimensionedMetrics(namespace, ruleDimensions(rule));
  }

  archivePacked(archive: PackedArchive): void {
    const { objects, originalBytes, archiveBytes, seconds, cpuSeconds, level } = archive;
    const saved = bytesSaved(archive);
    this.#metrics.observe('CompressionRatio', MetricUnit.NoUnit, originalBytes / archiveBytes);
    this.#metrics.observe('OriginalSize', MetricUnit.Bytes, originalBytes);
    this.#metrics.observe('CompressedSize', MetricUnit.Bytes, archiveBytes);
    this.#metrics.observe('BytesSaved', MetricUnit.Bytes, saved);
    this.#metrics.observe('TransferEfficiency', MetricUnit.Percent, (100 * saved) / originalBytes);
    this.#metrics.observe('CompressionThroughput', MetricUnit.BytesPerSecond, originalBytes / seconds);
    this.#metrics.observe('CompressionTimeSeconds', MetricUnit.Seconds, cpuSeconds);
    this.#metrics.observe('ObjectProcessingTime', MetricUnit.Seconds, seconds / objects);
    this.#metrics.count('ObjectsPacked', objects);
    this.#logger.info('Archive packed', {
      archive: archive.key,
      objects,
      original_bytes: originalBytes,
      archive_bytes: archiveBytes,
      // "level" is the severity of a log line, and the logger drops it.
      zstd_level: level,
      seconds,
      cpu_seconds: cpuSeconds,
    });
  }

  objectSkipped(object: ObjectLocation, reason: SkipReason): void {
    this.#metrics.count('SkippedObjects');
    this.#logger.debug('Object skipped', { ...object, reason });
  }

  messageFailed(message: QueueMessage, error: CompressorError): void {
    const operation = error.context['operation'];
    if (DOWNLOADS.has(operation)) this.#metrics.count('FailedDownloads');
    if (UPLOADS.has(operation)) this.#metrics.count('FailedUploads');
    this.#logger.logMessageFailure(message, error);
  }

  uploadLeftBehind(archive: ObjectLocation, error: CompressorError): void {
    this.#logger.logFailure('The upload of a failed archive could not be aborted', error, { archive: archive.key });
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logFailure('The queue did not take everything', error);
  }

  flush(): void {
    this.#metrics.flush();
    this.#logger.beginBatch();
  }
}

export interface TargetTelemetryOptions {
  readonly namespace: string;
  readonly rules: readonly ReplicationRule[];
  /** The one that this target serves. */
  readonly region: string;
}

/** Logs and metrics of the target service. `flush` ends a batch. */
export class PowertoolsTargetTelemetry implements TargetTelemetry {
  readonly #logger: BatchLogger;
  readonly #byRule: ReadonlyMap<string, DimensionedMetrics>;
  /** What cannot be laid at the door of one rule. */
  readonly #ofRegion: DimensionedMetrics;

  constructor({ namespace, rules, region }: TargetTelemetryOptions) {
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
    const { rule, objects, restored, skipped, bytes, archiveBytes, seconds, decompressionCpuSeconds } = archive;
    const metrics = this.#byRule.get(rule) ?? this.#ofRegion;
    metrics.observe('DecompressionTimeSeconds', MetricUnit.Seconds, decompressionCpuSeconds);
    metrics.observe('ObjectRestoreTime', MetricUnit.Seconds, seconds / objects);
    metrics.observe('ReplicationLatencySeconds', MetricUnit.Seconds, archive.latencySeconds);
    metrics.count('ObjectsProcessed', restored);
    metrics.count('SkippedObjects', skipped);
    this.#logger.info('Archive restored', {
      rule,
      archive: archive.key,
      objects,
      restored,
      skipped,
      bytes,
      archive_bytes: archiveBytes,
      seconds,
      latency_seconds: archive.latencySeconds,
    });
  }

  objectSkipped(object: ObjectLocation, reason: RestoreSkipReason): void {
    this.#logger.debug('Object skipped', { ...object, reason });
  }

  conflictOverwritten(object: ObjectLocation): void {
    this.#ofRegion.count('OverwrittenObjects');
    this.#logger.warn('An object that another writer had put was overwritten', { ...object });
  }

  archiveGone(archive: ObjectLocation, reason: 'missing' | 'replaced'): void {
    this.#logger.info('Archive of the event is gone', { archive: archive.key, reason });
  }

  objectFailed(object: ObjectLocation, error: CompressorError): void {
    this.#ofRegion.count('FailedTargetUploads');
    this.#logger.logFailure('Object could not be restored', error, { ...object });
  }

  messageFailed(message: QueueMessage, error: CompressorError): void {
    this.#logger.logMessageFailure(message, error);
  }

  queueFailed(error: CompressorError): void {
    this.#logger.logFailure('The queue did not take everything', error);
  }

  flush(): void {
    for (const metrics of this.#byRule.values()) metrics.flush();
    this.#ofRegion.flush();
    this.#logger.beginBatch();
  }
}

function ruleDimensions({ source }: ReplicationRule): Record<string, string> {
  return { SourceBucket: source.bucket, SourcePrefix: source.prefix };
}
