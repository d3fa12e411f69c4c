import type { WrittenObject } from './server/contract.ts';
import type { Workload } from './workloads.ts';

/** The source service packs a workload: the real handler, one SQS event per batch. */
export interface PackTask {
  readonly kind: 'pack';
  readonly workload: Workload;
  readonly level: number;
  /** Bucket of the archives; the server keeps the bodies of one bucket only. */
  readonly outbound: string;
  /** Objects per event. Absent: all in one. */
  readonly batch?: number;
  /** MiB of objects after which an archive is closed. Absent: the default of the configuration. */
  readonly archiveMebibytes?: number;
  /** MB of the function. Absent: that of two vCPUs. */
  readonly memoryMegabytes?: number;
  /** Packed as one archive before the clock starts, to measure warm code. */
  readonly warmUp: Workload;
}

/** The target service restores archives that are in a kept bucket. */
export interface RestoreTask {
  readonly kind: 'restore';
  readonly inbound: string;
  readonly archives: readonly WrittenObject[];
  /** Bucket of the objects. Each sample has its own, because a second restore would find every object in place. */
  readonly target: string;
  /** MB of the function. Absent: that of two vCPUs. */
  readonly memoryMegabytes?: number;
  readonly warmUp: readonly WrittenObject[];
}

/** zstd-napi compresses the bytes of a workload from memory as one stream: the floor of packing. */
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

/** The services' S3 client alone, or the checksum alone: what remains of a service without compression. */
export interface TransportTask {
  readonly kind: 'transport';
  readonly workload: Workload;
  readonly work: 'read' | 'write' | 'checksum';
  /** Bucket for writes. */
  readonly bucket: string;
}

export type SampleTask = PackTask | RestoreTask | SolidStreamTask | ZstdCommandTask | UnpackCommandTask | TransportTask;

/** A task and the location of its objects. */
export interface SampleOrder {
  readonly task: SampleTask;
  readonly origin: string;
  /** Processors that the sample may use. Absent: all. */
  readonly processors?: number | undefined;
  /** Certificate that the sample's process trusts in addition to the usual authorities. */
  readonly certificateFile?: string | undefined;
}

/** What a sample process measured about itself, after the warm-up. */
export interface SampleResult {
  readonly seconds: number;
  /** User and system time of all threads of the process. */
  readonly cpuSeconds: number;
  /** Bytes: peak resident memory of the process. */
  readonly peakMemory: number;
  /** Bytes of output if the task itself compresses; otherwise 0. */
  readonly outputBytes: number;
}
