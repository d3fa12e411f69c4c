import { setTimeout as delay } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { createPackingBuffers } from '../../src/wiring/packing-buffers.ts';
import { createFrameBuffers } from '../../src/wiring/target.ts';
import { FailingObjectStore, type StoreCall } from './failing-object-store.ts';
import { queueMessage, s3Notification } from './notifications.ts';
import { exampleRule } from './rules.ts';
import { SourceServiceHarness } from './source-service.ts';
import { TargetRegion } from './target-region.ts';

/** The order for the process, as JSON in its only argument. */
export interface InterruptedTask {
  readonly work: 'pack' | 'restore';
  readonly endpoint: string;
  readonly region: string;
  /** Bucket of archives. */
  readonly bucket: string;
  /** The object to pack, or the archive to restore. */
  readonly object: ObjectLocation & { readonly etag: string; readonly size: number };
  /** The process kills itself once S3 has accepted this many parts. */
  readonly killAfterParts?: number;
}

/** Bucket for the records of packing. */
const PROGRESS = 'progress-bucket';
/** How long the next task waits for a killed task. */
const OWNERSHIP_SECONDS = 1;

/** What the process prints if it was not killed. */
export interface TaskReport {
  readonly returned: number;
  readonly counts: Readonly<Record<StoreCall, number>>;
}

const RESUMABLE_BYTES = 64 * 1024 * 1024;

/** A task that packs or restores a large object with a real S3 server and real worker threads. */
const task = JSON.parse(process.argv[2] ?? '') as InterruptedTask;
const { endpoint, region, bucket, object, killAfterParts } = task;
const client = new S3Client({
  endpoint,
  region,
  forcePathStyle: true,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const server = new S3ObjectStore({ client });
let accepted = 0;
const store = new FailingObjectStore(
  server,
  {},
  {
    accepted: (call) => {
      accepted += call === 'uploadPart' ? 1 : 0;
      if (accepted === killAfterParts) process.kill(process.pid, 'SIGKILL');
    },
  },
);
const pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
const message = queueMessage(s3Notification(object));
const returned = task.work === 'pack' ? await pack() : await restore();
await pool.close();
await server.close();
process.stdout.write(`${JSON.stringify({ returned, counts: store.counts } satisfies TaskReport)}\n`);

/** Packs, and retries like SQS while the killed task may still be alive. */
async function pack(): Promise<number> {
  const service = new SourceServiceHarness({
    resuming: { bucket: PROGRESS, ownershipSeconds: OWNERSHIP_SECONDS, inProgress: new Set() },
    // The same clock as in the other tasks.
    now: Date.now,
    rule: exampleRule({ level: 1 }),
    store,
    outboundBucket: bucket,
    pool,
    buffers: createPackingBuffers(2),
    limits: { parallelReads: 16, resumableBytes: RESUMABLE_BYTES },
  });
  const { again, againAfter } = service.queue;
  let returned = await service.process(message);
  while (again.length > 0) {
    await delay(1000 * (againAfter.at(-1) ?? 0));
    again.length = 0;
    returned = await service.process(message);
  }
  return returned.length;
}

async function restore(): Promise<number> {
  const target = new TargetRegion();
  const limits = { ...target.dependencies.limits, resumableBytes: RESUMABLE_BYTES };
  const buffers = createFrameBuffers(2);
  target.dependencies = { ...target.dependencies, store, pool, buffers, limits, inboundBucket: bucket };
  return (await target.process(message)).batchItemFailures.length;
}
