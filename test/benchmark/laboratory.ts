import type { PackTask, SampleResult, SampleTask } from './sample-contract.ts';
import { KEPT_BUCKETS, type ServerCounts, type WrittenObject } from './server/contract.ts';
import { type BenchmarkServer, startServer } from './server/start-server.ts';
import { takeSample } from './take-sample.ts';
import type { Workload } from './workloads.ts';

export interface Observation extends SampleResult {
  readonly server: ServerCounts;
}

/** A sample of packing, and what came out of it. */
export interface PackObservation extends Observation {
  /** Bucket of the archives. */
  readonly bucket: string;
  /** Without that of the warm-up. */
  readonly archives: readonly WrittenObject[];
  readonly warmUpArchives: readonly WrittenObject[];
}

export type RestorableArchives = Pick<PackObservation, 'bucket' | 'archives' | 'warmUpArchives'>;

/** Where experiments take their samples: servers by latency, started when first needed, and how often to repeat. */
export class Laboratory {
  /** Fewer repetitions and fewer objects, for a first look. */
  readonly quick: boolean;
  private readonly servers = new Map<number, Promise<BenchmarkServer>>();
  private readonly onSample: (task: SampleTask) => void;
  private serial = 0;

  constructor(options: { readonly quick: boolean; readonly onSample: (task: SampleTask) => void }) {
    this.quick = options.quick;
    this.onSample = options.onSample;
  }

  /** How often a sample is repeated. */
  repetitions(usual: number): number {
    return this.quick ? 1 : usual;
  }

  /** A workload of `count` objects, or a quarter of them in a quick run. */
  workload(corpus: Workload['corpus'], size: number, count: number): Workload {
    return { corpus, size, count: this.quick ? Math.max(1, Math.ceil(count / 4)) : count };
  }

  server(latency = 0): Promise<BenchmarkServer> {
    const running = this.servers.get(latency) ?? startServer(latency);
    this.servers.set(latency, running);
    return running;
  }

  /** Runs a task in a fresh process. The counts are of this sample alone. */
  async observe(task: SampleTask, latency = 0): Promise<Observation> {
    this.onSample(task);
    const server = await this.server(latency);
    await server.reset();
    const result = await takeSample({ task, origin: server.origin });
    return { ...result, server: await server.counts() };
  }

  /** Packs into a bucket of its own. @param keep whether the archives' bytes are to be restored later */
  async observePacking(task: Omit<PackTask, 'kind' | 'outbound'>, keep = false, latency = 0): Promise<PackObservation> {
    const bucket = keep ? this.freshBucket(KEPT_BUCKETS) : this.freshBucket('outbound-');
    const observation = await this.observe({ kind: 'pack', outbound: bucket, ...task }, latency);
    const written = await (await this.server(latency)).written(bucket);
    const first = task.warmUp.count > 0 ? 1 : 0;
    return { ...observation, bucket, archives: written.slice(first), warmUpArchives: written.slice(0, first) };
  }

  /** Restores archives of an earlier observation on the same server, into a bucket of its own. */
  observeRestoring({ bucket, archives, warmUpArchives }: RestorableArchives, latency = 0): Promise<Observation> {
    const target = this.freshBucket('restored-');
    return this.observe({ kind: 'restore', inbound: bucket, archives, target, warmUp: warmUpArchives }, latency);
  }

  private freshBucket(prefix: string): string {
    this.serial += 1;
    return `${prefix}${this.serial}`;
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) (await server).close();
  }
}

/** Requests of all kinds. */
export function countRequests({ requests }: ServerCounts): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
