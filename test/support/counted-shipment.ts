import { randomBytes } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import type { ReplicationRule } from '../../src/configuration/rule.ts';
import type { PackedArchive } from '../../src/packing/telemetry.ts';
import type { ObjectWriter } from '../../src/storage/object-store.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { createFrameBuffers } from '../../src/wiring/target.ts';
import { SEED_BUCKET, type ServerCounts, seedEtag, seedKey } from '../benchmark/server/contract.ts';
import { type BenchmarkServer, startServer } from '../benchmark/server/start-server.ts';
import type { Workload } from '../benchmark/workloads.ts';
import { EVENT_TIME, queueMessage, s3Notification } from './notifications.ts';
import { exampleRule } from './rules.ts';
import { SourceServiceHarness } from './source-service.ts';
import { announce, TargetRegion } from './target-region.ts';

/** Requests to S3 by billing class; DELETE and abort are free. */
export interface Billed {
  /** PUT, POST and LIST. */
  readonly puts: number;
  /** GET and HEAD. */
  readonly gets: number;
}

export interface Shipment {
  readonly size: number;
  readonly count: number;
  /** Number of target buckets. Default: 1. */
  readonly destinations?: number;
  /** Keys exist at the target, and the process knows it. */
  readonly overwritten?: boolean;
  /** The archive's message arrives a second time before the archive is deleted. */
  readonly redelivered?: boolean;
}

export interface CountedShipment {
  readonly rule: ReplicationRule;
  readonly source: Billed;
  readonly target: Billed;
  readonly archive: PackedArchive;
  /** Counts by method and kind, with the server's names. */
  readonly requests: { readonly source: ServerCounts['requests']; readonly target: ServerCounts['requests'] };
}

/** Archives are read from the bucket where they are written: S3's replication between two buckets is not counted. */
const ARCHIVES = 'kept-archives';
const WARM_UP: Workload = { corpus: 'records', size: 10_000, count: 1, first: 900_000 };

/**
 * Both services with the product's S3 client, and a server in a separate process that counts the requests on its
 * socket.
 */
export class CountedShipping implements AsyncDisposable {
  readonly #server: BenchmarkServer;
  readonly #client: S3Client;
  readonly #pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
  #buckets = 0;

  static async open(): Promise<CountedShipping> {
    return new CountedShipping(await startServer());
  }

  constructor(server: BenchmarkServer) {
    this.#server = server;
    const credentials = { accessKeyId: 'AKIDCOUNTED', secretAccessKey: 'counted' };
    this.#client = new S3Client({ endpoint: server.origin, region: 'eu-west-1', forcePathStyle: true, credentials });
  }

  async send({ size, count, destinations = 1, overwritten = false, redelivered = false }: Shipment) {
    const workload: Workload = { corpus: 'logs', size, count };
    const rule = exampleRule({ bucket: SEED_BUCKET, level: 1 }, this.#freshBuckets(destinations));
    const store = new S3ObjectStore({ client: this.#client });
    const pool = this.#pool;
    const shared = { store, pool };
    const source = new SourceServiceHarness({
      ...shared,
      rule,
      outboundBucket: ARCHIVES,
      buffers: createPackingBuffers(2),
      limits: { parallelReads: 64, resumableBytes: 2 ** 30 },
      // Archives are named by time, and all shipments share the server's bucket.
      now: () => Date.parse(EVENT_TIME) + this.#buckets * 60_000 + performance.now(),
    });
    const target = new TargetRegion({
      rules: [rule],
      dependencies: { ...shared, inboundBucket: ARCHIVES, buffers: createFrameBuffers(2) },
    });
    // For the first object of a bucket, a process checks once that it may read tags.
    await pack(source, WARM_UP, 0);
    if (overwritten) for (const round of [1, 2]) await this.#restore(target, await pack(source, workload, round));
    // Different bytes, because a write that repeats the bytes of its key takes other requests.
    const etags = overwritten ? await overwrite(store, workload) : new Map<string, string>();
    await this.#server.reset();
    const archive = await pack(source, workload, 3, etags);
    const packed = (await this.#server.counts()).requests;
    await this.#server.reset();
    await this.#restore(target, archive);
    if (redelivered) await this.#restore(target, archive, 2);
    const restored = (await this.#server.counts()).requests;
    const requests = { source: packed, target: restored };
    return { rule, source: billed(packed), target: billed(restored), archive, requests };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
    this.#client.destroy();
    this.#server.close();
  }

  async #restore(target: TargetRegion, { key }: PackedArchive, receiveCount = 1): Promise<void> {
    const found = (await this.#server.written(ARCHIVES)).find((written) => written.key === key);
    if (found === undefined) throw new Error(`There is no archive "${key}"`);
    const { body, ...message } = announce(key, found.etag, found.size, receiveCount);
    const { batchItemFailures } = await target.process({
      ...message,
      body: body.replaceAll('inbound-bucket', ARCHIVES),
    });
    const { failedObjects } = target.telemetry;
    if (batchItemFailures.length + failedObjects.length > 0) {
      throw new Error(`The archive was not restored: ${JSON.stringify(failedObjects)}`);
    }
  }

  #freshBuckets(count: number) {
    return Array.from({ length: count }, () => {
      this.#buckets += 1;
      return { bucket: `restored-${this.#buckets}` };
    });
  }
}

/**
 * Extra bytes of another version: this server returns no checksums, so a different size must show that the bytes
 * differ.
 */
const CHANGE = 1;

/** @returns the new ETags by key */
async function overwrite(store: ObjectWriter, workload: Workload): Promise<ReadonlyMap<string, string>> {
  const etags = new Map<string, string>();
  for (let index = 0; index < workload.count; index += 1) {
    const key = seedKey(workload, index);
    const body = randomBytes(workload.size + CHANGE);
    const target = {
      bucket: SEED_BUCKET,
      key,
      headers: {},
      metadata: {},
      tags: [],
      condition: { kind: 'always' },
    } as const;
    etags.set(key, (await store.put({ ...target, body, crc32: crc32(body) })).etag);
  }
  return etags;
}

async function pack(
  source: SourceServiceHarness,
  workload: Workload,
  round: number,
  etags: ReadonlyMap<string, string> = new Map(),
): Promise<PackedArchive> {
  const { archives } = source.telemetry;
  const before = archives.length;
  const messages = Array.from({ length: workload.count }, (_, index) => {
    const key = seedKey(workload, index);
    const facts = {
      bucket: SEED_BUCKET,
      key,
      etag: etags.get(key) ?? seedEtag(key),
      size: workload.size + (etags.has(key) ? CHANGE : 0),
    };
    return queueMessage(s3Notification({ ...facts, sequencer: `0${round}` }));
  });
  const returned = await source.process(...messages);
  const [archive] = archives.slice(before);
  if (archive === undefined || returned.length > 0 || archives.length !== before + 1) {
    throw new Error(`${returned.length} messages were returned, ${archives.length - before} archives were packed`);
  }
  return archive;
}

function billed(requests: ServerCounts['requests']): Billed {
  let [puts, gets] = [0, 0];
  for (const [kind, count] of Object.entries(requests)) {
    const isList = kind === 'GET uploads' || kind.startsWith('GET list-type') || kind.startsWith('GET encoding-type');
    if (/^(PUT|POST)/.test(kind) || isList) puts += count;
    else if (/^(GET|HEAD)/.test(kind)) gets += count;
  }
  return { puts, gets };
}
