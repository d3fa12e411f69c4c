import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { ruleDimensions } from '../../configuration/metric-dimensions.ts';
import type { ReplicationRule } from '../../configuration/rule.ts';
import type { CompressorError } from '../../errors.ts';
import type { ArchiveAddress, ReplicationStatus } from '../../watermark/replication-status.ts';
import type { StageAges } from '../../watermark/stage-ages.ts';
import type { WatermarkTelemetry } from '../../watermark/telemetry.ts';
import { BatchLogger } from './batch-logger.ts';
import { DimensionedMetrics } from './dimensioned-metrics.ts';

/** Logs and metrics of the watermark. A route on which nothing is late has a metric, but no log line. */
export class PowertoolsWatermarkTelemetry implements WatermarkTelemetry {
  readonly #logger = new BatchLogger('watermark', {});
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  watermarkTaken(rule: ReplicationRule, region: string, ageSeconds: number, stages: StageAges): void {
    const metrics = new DimensionedMetrics(this.#namespace, { ...ruleDimensions(rule), TargetRegion: region });
    metrics.observe('WatermarkAgeSeconds', MetricUnit.Seconds, ageSeconds);
    metrics.flush();
    if (ageSeconds > 0) {
      this.#logger.info('Watermark', { rule: rule.id, region, age_seconds: ageSeconds, stages });
    }
  }

  watermarkUnknown(rule: ReplicationRule, region: string, error: CompressorError): void {
    this.#logger.logFailure('The watermark cannot be determined', error, { rule: rule.id, region });
  }

  archiveUnreplicated(
    rule: ReplicationRule,
    archive: ArchiveAddress,
    status: ReplicationStatus,
    writtenAt: number,
  ): void {
    // Counted by bucket, since an alarm cannot watch a search over dimensions; the archive's name is in the log.
    const metrics = new DimensionedMetrics(this.#namespace, { SourceBucket: archive.bucket });
    metrics.count('UnreplicatedArchives');
    metrics.flush();
    this.#logger.error('Archive is not replicated', {
      rule: rule.id,
      archive: `s3://${archive.bucket}/${archive.key}`,
      replication_status: status,
      oldest_object: new Date(writtenAt).toISOString(),
    });
  }
}
