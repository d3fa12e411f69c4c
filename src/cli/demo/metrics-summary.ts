import type { MetricStatistics, MetricStore } from '../../../local-cloud/metrics/metric-store.ts';

const RULE_DIMENSIONS = ['SourceBucket', 'SourcePrefix'];
const ROUTE = [...RULE_DIMENSIONS, 'TargetRegion'];

/** The dashboard's view of a run, from the metrics that the functions wrote. */
export interface MetricsSummary {
  readonly objectsPacked: number;
  readonly originalBytes: number;
  readonly archiveBytes: number;
  /** Over all target regions. */
  readonly objectsRestored: number;
  readonly deletionsPacked: number;
  /** Over all target regions. */
  readonly objectsDeleted: number;
  /** Null when nothing was packed. */
  readonly ratio: number | null;
  /** Mean of the archives, in bytes per second. */
  readonly throughput: number | null;
  readonly dollars: DollarsSummary;
  /** From the source event to the restored object, by target region. */
  readonly latencySeconds: Readonly<Record<string, LatencySummary>>;
  readonly failures: FailuresSummary;
}

/** US dollars. */
export interface DollarsSummary {
  readonly transferSavings: number;
  readonly packing: number;
  readonly restoring: number;
  readonly netBenefit: number;
}

export interface LatencySummary {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly maximum: number | null;
}

/** Failures, whether retried or not. */
export interface FailuresSummary {
  readonly downloads: number;
  readonly uploads: number;
  readonly restores: number;
  readonly statistics: number;
}

export function summarizeMetrics(metrics: MetricStore, targetRegions: readonly string[]): MetricsSummary {
  const ofRule = (name: string): MetricStatistics => metrics.statistics(name, RULE_DIMENSIONS);
  const originalBytes = ofRule('OriginalSize').sum;
  const archiveBytes = ofRule('CompressedSize').sum;
  return {
    objectsPacked: ofRule('ObjectsPacked').sum,
    originalBytes,
    archiveBytes,
    objectsRestored: metrics.statistics('ObjectsProcessed', ROUTE).sum,
    deletionsPacked: ofRule('DeletionsPacked').sum,
    objectsDeleted: metrics.statistics('ObjectsDeleted', ROUTE).sum,
    ratio: archiveBytes === 0 ? null : originalBytes / archiveBytes,
    throughput: ofRule('CompressionThroughput').average,
    dollars: {
      transferSavings: ofRule('TransferSavings').sum,
      packing: ofRule('ComputeCost').sum,
      restoring: metrics.statistics('ComputeCost', ROUTE).sum,
      netBenefit: ofRule('NetBenefit').sum,
    },
    latencySeconds: Object.fromEntries(targetRegions.map((region) => [region, summarizeLatency(metrics, region)])),
    failures: {
      downloads: ofRule('FailedDownloads').sum,
      uploads: ofRule('FailedUploads').sum,
      restores: metrics.statistics('FailedTargetUploads', ['TargetRegion']).sum,
      statistics: ofRule('StatisticsLost').sum,
    },
  };
}

function summarizeLatency(metrics: MetricStore, region: string): LatencySummary {
  const latency = metrics.statistics('ReplicationLatencySeconds', ROUTE, { TargetRegion: region });
  return {
    p50: latency.percentile(50),
    p90: latency.percentile(90),
    p99: latency.percentile(99),
    maximum: latency.maximum,
  };
}
