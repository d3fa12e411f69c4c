import type { Reading } from './reading.ts';
import type { ArchiveAddress, ReplicationStatus } from './replication-status.ts';
import type { WatermarkTelemetry } from './telemetry.ts';
import type { WatchedArchives } from './watched-archives.ts';

/** A metric in CloudWatch. */
export interface MetricAddress {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface ReadingWindow {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly periodSeconds: number;
}

export interface MetricReader {
  /**
   * @returns the maxima of each metric in the order asked for, the newest first; empty if the metric has no data
   * @throws UnknownWatermarkError
   */
  readMaxima(
    metrics: readonly MetricAddress[],
    window: ReadingWindow,
    signal?: AbortSignal,
  ): Promise<readonly (readonly Reading[])[]>;
}

export interface KeyLister {
  /**
   * The first keys under a prefix, in the order of their bytes.
   * @param range `region` is where the bucket is
   * @param most at most 1,000, which is one call
   * @throws UnknownWatermarkError
   */
  firstKeys(range: KeyRange, most: number, signal?: AbortSignal): Promise<readonly ListedKey[]>;
}

export interface KeyRange {
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Keys up to this one are left out; it need not exist. */
  readonly after?: string;
}

export interface ListedKey {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
}

export interface ReplicationStatusReader {
  /** @throws UnknownWatermarkError */
  statusOf(archive: ArchiveAddress, signal?: AbortSignal): Promise<ReplicationStatus>;
}

/** Names of resources that the stacks create. */
export interface PipelineNames {
  readonly namespace: string;
  readonly outboundBucket: string;
  /** The bucket in which the resend function keeps archives that it has given up, and the prefix of their keys. */
  readonly failedBucket: string;
  readonly failedPrefix: string;
  readonly failuresQueue: string;
  readonly inboundBucket: (region: string) => string;
  readonly ruleQueue: (rule: string) => string;
  readonly fallbackQueue: (rule: string) => string;
}

/** Everything outside the watermark of a source region. */
export interface WatermarkDependencies {
  readonly region: string;
  readonly names: PipelineNames;
  readonly metrics: MetricReader;
  readonly keys: KeyLister;
  readonly statuses: ReplicationStatusReader;
  /** Kept for the life of the process. */
  readonly watched: WatchedArchives;
  readonly telemetry: WatermarkTelemetry;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
