import type { WrittenObject } from './server/contract.ts';
import type { Workload } from './workloads.ts';

/** The source service packs a workload: the real handler, one SQS event a batch. */
export interface PackTask {
  readonly kind: 'pack';
  readonly workload: Workload;
  readonly level: number;
  /** Bucket of the archives; the server keeps bodies of one bucket only. */
  readonly outbound: string;
  /** Objects an event. Absent: all in one. */
  readonly batch?: number;
  /** MiB of objects after which an archive is closed. Absent: what the configuration has by default. */
  readonly archiveMebibytes?: number;
  /** MB of the function; that of two vCPUs if not given. */
  readonly memoryMegabytes?: number;
  /** Packed as one archive before the clock starts, so that warm code is measured. */
  readonly warmUp: Workload;
}

/** The target service restores archives that are in a kept bucket. */
export interface RestoreTask {
  readonly kind: 'restore';
  readonly inbound: string;
  readonly archives: readonly WrittenObject[];
  /** Bucket of the objects; each sample takes one of its own, since a second restore would find everything there. */
  readonly target: string;
  /** MB of the function; that of two vCPUs if not given. */
  readonly memoryMegabytes?: number;
  readonly warmUp: readonly WrittenObject[];
}

/** zstd-napi compresses the bytes of a workload, which lie in memory, as one stream: the floor of packing. */
export interface SolidStreamTask {
  readonly kind: 'solid-stream';
  readonly workload: Workload;
  readonly level: number;
  readonly workers: number;
}

/** The zstd command line does the same with a file in memory. */
export interface ZstdCommandTask {
  readonly kind: 'zstd-command';
  readonly workload: Workload;
  readonly level: number;
  readonly workers: number;
}

/** `zstd -d | tar x` of an archive, from a file in memory to files in memory: the floor of restoring. */
export interface UnpackCommandTask {
  readonly kind: 'unpack-command';
  readonly inbound: string;
  readonly archives: readonly WrittenObject[];
}

/** The services' S3 client alone, or the checksum alone: what is left of a service when nothing is compressed. */
export interface TransportTask {
  readonly kind: 'transport';
  readonly workload: Workload;
  readonly work: 'read' | 'write' | 'checksum';
  /** Bucket of what is written. */
  readonly bucket: string;
}

export type SampleTask = PackTask | RestoreTask | SolidStreamTask | ZstdCommandTask | UnpackCommandTask | TransportTask;

/** A task and where its objects are. */
export interface SampleOrder {
  readonly task: SampleTask;
  readonly origin: string;
  /** Processors that the sample may use; all of them if not given. */
  readonly processors?: number | undefined;
  /** What the sample's process trusts beside the usual authorities. */
  readonly certificateFile?: string | undefined;
}

/** What a sample process measured of itself, after the warm-up. */
export interface SampleResult {
  readonly seconds: number;
  /** User and system time of all threads of the process. */
  readonly cpuSeconds: number;
  /** Bytes: the highest that the process ever had resident. */
  readonly peakMemory: number;
  /** Bytes that came out, where the task compresses by itself; else 0. */
  readonly outputBytes: number;
}
