import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createQueuePair, type QueuePair } from '../../local-cloud/pipeline/queue-pair.ts';
import { isQueueEmpty } from '../../local-cloud/queue-depth.ts';
import { createRegionClients, destroyRegionClients, type RegionClients } from '../../local-cloud/region-clients.ts';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { SqsMessageQueue } from '../../src/aws/sqs/message-queue.ts';
import { SqsWorkSource } from '../../src/aws/sqs/work-source.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import { packBatch } from '../../src/packing/process-batch.ts';
import { MIB } from '../../src/units.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { WorkInterruptedError } from '../../src/worker/errors.ts';
import type { ProcessMessage } from '../../src/worker/ports.ts';
import { runWorker } from '../../src/worker/run-worker.ts';
import { itemAt, readArchive } from '../support/archives.ts';
import { FailingObjectStore } from '../support/failing-object-store.ts';
import { s3Notification } from '../support/notifications.ts';
import { OUTBOUND, PROGRESS, SourceServiceHarness } from '../support/source-service.ts';
import { RecordingWorkerTelemetry } from '../support/worker-bench.ts';

const REGION = 'eu-west-1';
const SOURCE = { bucket: 'source-bucket', key: 'large.bin' };
/** Does not compress: three frames, each of them a part. */
const BODY = randomBytes(24 * MIB);
const LIMITS = { parallelReads: 16, resumableBytes: 16 * MIB };
/** Short, so that a requeued message is due soon. */
const OWNERSHIP_SECONDS = 1;
const VISIBILITY_SECONDS = 30;

let server: AwsServer;
let clients: RegionClients;
let store: S3ObjectStore;
let pool: FramePool;
let queue: QueuePair;

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  clients = createRegionClients(REGION, server.endpoint);
  for (const Bucket of [SOURCE.bucket, OUTBOUND, PROGRESS]) await clients.s3.send(new CreateBucketCommand({ Bucket }));
  store = new S3ObjectStore({ client: clients.s3 });
  pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
  queue = await createQueuePair(clients.sqs, 'fallback', { visibilitySeconds: VISIBILITY_SECONDS, maxReceiveCount: 3 });
});

afterAll(async () => {
  await pool.close();
  await store.close();
  destroyRegionClients(clients);
  await server.stop();
});

/** A task of two slots, as the fallback worker has. */
function startTask(stop: AbortSignal) {
  const counted = new FailingObjectStore(store);
  const resuming = { bucket: PROGRESS, ownershipSeconds: OWNERSHIP_SECONDS, inProgress: new Set<string>() };
  const buffers = createPackingBuffers(2, 2);
  const services = [1, 2].map(
    () => new SourceServiceHarness({ store: counted, pool, buffers, limits: LIMITS, resuming, now: Date.now }),
  );
  const slots = services.map(
    ({ dependencies }): ProcessMessage =>
      (message, leased, ended) =>
        packBatch([message], () => Number.POSITIVE_INFINITY, { ...dependencies, queue: leased, stop: ended }),
  );
  const ports = { client: clients.sqs, queueUrl: queue.url };
  const telemetry = new RecordingWorkerTelemetry();
  const run = runWorker(
    {
      source: new SqsWorkSource(ports),
      queue: new SqsMessageQueue({
        ...ports,
        deadLetterQueueUrl: queue.deadLetters.url,
        onFailure: (error) => {
          telemetry.queueFailed(error);
        },
      }),
      slots,
      telemetry,
      clock: {
        now: () => performance.now(),
        sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
      },
      random: Math.random,
      visibilitySeconds: VISIBILITY_SECONDS,
      idleExitSeconds: 0,
    },
    stop,
  );
  return { run, services, telemetry, counts: counted.counts };
}

async function keysOf(Bucket: string): Promise<string[]> {
  const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

test('two tasks of two slots pack a large object once, although several messages announce it', async () => {
  const condition = { kind: 'absent' } as const;
  const { etag } = await store.put({
    ...{ ...SOURCE, headers: {}, metadata: {}, tags: [] },
    ...{ body: BODY, crc32: crc32(BODY), condition },
  });
  const MessageBody = s3Notification({ ...SOURCE, etag, size: BODY.length });
  for (let sent = 0; sent < 5; sent += 1)
    await clients.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));

  const stop = new AbortController();
  const tasks = [startTask(stop.signal), startTask(stop.signal)];
  while (!(await isQueueEmpty(clients.sqs, queue.url))) await delay(50);
  stop.abort(new WorkInterruptedError('The test is over'));
  await Promise.all(tasks.map(({ run }) => run));

  const [key = '', ...more] = await keysOf(OUTBOUND);
  expect(more).toEqual([]);
  const head = await store.head({ bucket: OUTBOUND, key });
  const archive = Buffer.alloc(head?.size ?? 0);
  await store.read({ bucket: OUTBOUND, key, etag: head?.etag ?? '', into: archive });
  expect(itemAt(readArchive(archive), 0).body.equals(BODY)).toBe(true);
  const told = tasks.flatMap(({ services }) => services.map(({ telemetry }) => telemetry));
  expect(told.flatMap(({ archives }) => archives)).toHaveLength(1);
  expect(told.flatMap(({ failures }) => failures)).toEqual([]);
  expect(tasks.flatMap(({ telemetry }) => telemetry.errors)).toEqual([]);
  expect(tasks.reduce((sum, { counts }) => sum + counts.complete, 0)).toBe(1);
  expect(await isQueueEmpty(clients.sqs, queue.deadLetters.url)).toBe(true);
  expect(await keysOf(PROGRESS)).toEqual([]);
  expect(await store.listUploads({ bucket: OUTBOUND, key })).toEqual([]);
}, 120_000);
