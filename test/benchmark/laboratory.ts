import type { PackTask, SampleResult, SampleTask } from './sample-contract.ts';
import { KEPT_BUCKETS, type ServerCounts, type WrittenObject } from './server/contract.ts';
import { type BenchmarkServer, startServer } from './server/start-server.ts';
import { TlsDirectory } from './server/tls-directory.ts';
import { takeSample } from './take-sample.ts';
import type { Workload } from './workloads.ts';

/** Lambda developer guide, "Memory". */
const MEGABYTES_PER_VCPU = 1769;

export interface Observation extends SampleResult {
  readonly server: ServerCounts;
}

/** A sample of packing, and its result. */
export interface PackObservation extends Observation {
  /** Bucket of the archives. */
  readonly bucket: string;
  /** Without the archive of the warm-up. */
  readonly archives: readonly WrittenObject[];
  readonly warmUpArchives: readonly WrittenObject[];
}

export type RestorableArchives = Pick<PackObservation, 'bucket' | 'archives' | 'warmUpArchives'>;

/** Which server a sample uses. */
export interface ServerKind {
  /** Milliseconds to the first byte of each answer; default 0. */
  readonly latency?: number;
  /** Default: plain HTTP. */
  readonly tls?: boolean;
}

/** Where experiments take their samples: servers by kind, started on first use, and the number of repetitions. */
export class Laboratory {
  /** Fewer repetitions and fewer objects, for a first look. */
  readonly quick: boolean;
  private readonly servers = new Map<string, Promise<BenchmarkServer>>();
  private readonly tlsFiles = new TlsDirectory();
  private readonly onSample: (task: SampleTask) => void;
  private serial = 0;

  constructor(options: { readonly quick: boolean; readonly onSample: (task: SampleTask) => void }) {
    this.quick = options.quick;
    this.onSample = options.onSample;
  }

  /** Repetitions of each sample. */
  repetitions(usual: number): number {
    return this.quick ? 1 : usual;
  }

  /** A workload of `count` objects, or a quarter of them in a quick run. */
  workload(corpus: Workload['corpus'], size: number, count: number): Workload {
    return { corpus, size, count: this.quick ? Math.max(1, Math.ceil(count / 4)) : count };
  }

  server({ latency = 0, tls = false }: ServerKind = {}): Promise<BenchmarkServer> {
    const name = `${latency} ${String(tls)}`;
    const running = this.servers.get(name) ?? this.start(latency, tls);
    this.servers.set(name, running);
    return running;
  }

  private async start(latency: number, tls: boolean): Promise<BenchmarkServer> {
    return startServer(tls ? { latency, tls: await this.tlsFiles.make() } : { latency });
  }

  /** Runs a task in a fresh process. The counts are of this sample alone. */
  async observe(task: SampleTask, kind: ServerKind = {}): Promise<Observation> {
    this.onSample(task);
    const server = await this.server(kind);
    await server.reset();
    const { origin, certificateFile } = server;
    // The number of vCPUs that Lambda gives for that memory.
    const memory = 'memoryMegabytes' in task ? task.memoryMegabytes : undefined;
    const processors = memory === undefined ? undefined : Math.max(1, Math.round(memory / MEGABYTES_PER_VCPU));
    const result = await takeSample({ task, origin, certificateFile, processors });
    return { ...result, server: await server.counts() };
  }

  /** Packs into a separate bucket. @param keep whether the archives' bytes are restored later */
  async observePacking(
    task: Omit<PackTask, 'kind' | 'outbound'>,
    keep = false,
    server: ServerKind = {},
  ): Promise<PackObservation> {
    const bucket = keep ? this.freshBucket(KEPT_BUCKETS) : this.freshBucket('outbound-');
    const observation = await this.observe({ kind: 'pack', outbound: bucket, ...task }, server);
    const written = await (await this.server(server)).written(bucket);
    const first = task.warmUp.count > 0 ? 1 : 0;
    return { ...observation, bucket, archives: written.slice(first), warmUpArchives: written.slice(0, first) };
  }

  /** Restores archives of an earlier observation on the same server, into a separate bucket. */
  observeRestoring(
    { bucket, archives, warmUpArchives }: RestorableArchives,
    server: ServerKind = {},
    memoryMegabytes?: number,
  ): Promise<Observation> {
    const target = this.freshBucket('restored-');
    const task = { kind: 'restore', inbound: bucket, archives, target, warmUp: warmUpArchives } as const;
    return this.observe(memoryMegabytes === undefined ? task : { ...task, memoryMegabytes }, server);
  }

  private freshBucket(prefix: string): string {
    this.serial += 1;
    return `${prefix}${this.serial}`;
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) (await server).close();
    await this.tlsFiles.remove();
  }
}

/** Requests of all kinds. */
export function countRequests({ requests }: ServerCounts): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
