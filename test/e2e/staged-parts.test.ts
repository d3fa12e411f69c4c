import { randomBytes } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../local-cloud/emulated-cloud.ts';
import { notificationOfNewObjects, notifyQueues } from '../../local-cloud/pipeline/bucket-setup.ts';
import {
  createPipelineResources,
  type PipelineResources,
} from '../../local-cloud/pipeline/create-pipeline-resources.ts';
import type { LocalQueue, QueuePair } from '../../local-cloud/pipeline/queue-pair.ts';
import { Replicator } from '../../local-cloud/replicator.ts';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { SqsMessageQueue } from '../../src/aws/sqs/message-queue.ts';
import { BufferPool } from '../../src/compression/buffer-pool.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { ArchiveUpload, PART_BUFFER_SIZE } from '../../src/packing/archive-upload.ts';
import { MIB } from '../../src/units.ts';
import { archiveOf, INBOUND, RULE, TARGET, TargetRegion } from '../support/target-region.ts';

const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const OUTBOUND = 'outbound';
const BARE = { headers: {}, metadata: {}, tags: [], condition: { kind: 'always' as const } };
const LARGE = randomBytes(20 * MIB);

let cloud: EmulatedCloud;
let resources: PipelineResources;
const stores = new Map<string, S3ObjectStore>();

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [HOME, AWAY] });
  resources = await createPipelineResources(cloud, {
    rules: [
      {
        id: RULE.id,
        region: HOME,
        sourceBucket: 'source',
        sourcePrefix: '',
        outboundBucket: OUTBOUND,
        archivePrefix: `${RULE.id}/`,
        targetRegions: [AWAY],
      },
    ],
    inbound: [{ region: AWAY, bucket: INBOUND }],
    targets: [{ region: AWAY, bucket: TARGET }],
    queues: { visibilitySeconds: 60, maxReceiveCount: 5 },
  });
  for (const region of [HOME, AWAY]) stores.set(region, new S3ObjectStore({ client: cloud.region(region).s3 }));
});

afterAll(async () => {
  await Promise.all([...stores.values()].map((store) => store.close()));
  await cloud.stop();
});

function storeIn(region: string): S3ObjectStore {
  const store = stores.get(region);
  if (store === undefined) throw new Error(`no store in ${region}`);
  return store;
}

function inboundQueue(): QueuePair {
  const queue = resources.targetQueues.get(AWAY);
  if (queue === undefined) throw new Error('no target queue');
  return queue;
}

/** Receives all messages; S3 has answered the calls that raised them, so none is still to come. */
async function drain(region: string, { url: QueueUrl }: LocalQueue): Promise<QueueMessage[]> {
  const { sqs } = cloud.region(region);
  const taken: QueueMessage[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) return taken;
    for (const { MessageId = '', ReceiptHandle = '', Body = '' } of Messages) {
      taken.push({ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, receiveCount: 1 });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

function keysOf(messages: readonly QueueMessage[]): string[] {
  return messages.flatMap(({ body }) => {
    const { Records = [] } = JSON.parse(body) as { Records?: { s3: { object: { key: string } } }[] };
    return Records.map(({ s3 }) => decodeURIComponent(s3.object.key));
  });
}

async function listKeys(region: string, bucket: string): Promise<string[]> {
  const { Contents = [] } = await cloud.region(region).s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

/** The target service, with so few parts per object that each consists of several frames. */
function stagingRegion(): TargetRegion {
  const queue = inboundQueue();
  const region = new TargetRegion();
  region.dependencies = {
    ...region.dependencies,
    store: storeIn(AWAY),
    limits: { ...region.dependencies.limits, resumableBytes: MIB, maxParts: 1 },
    queue: new SqsMessageQueue({
      client: cloud.region(AWAY).sqs,
      queueUrl: queue.url,
      deadLetterQueueUrl: queue.deadLetters.url,
      onFailure: (error) => {
        throw error;
      },
    }),
  };
  return region;
}

/** Restores an archive of one large object. @returns all messages that this left in the target's queue */
async function restoreLarge(name: string): Promise<QueueMessage[]> {
  const body = archiveOf([{ key: `${name}.bin`, body: LARGE }]);
  await storeIn(AWAY).put({ bucket: INBOUND, key: `${RULE.id}/${name}.tar.zst`, body, crc32: crc32(body), ...BARE });
  const region = stagingRegion();
  const arrivals = await drain(AWAY, inboundQueue());
  expect(keysOf(arrivals)).toEqual([`${RULE.id}/${name}.tar.zst`]);
  expect((await region.process(...arrivals)).batchItemFailures).toEqual([]);
  expect(region.telemetry.failures).toEqual([]);
  const { Body } = await cloud.region(AWAY).s3.send(new GetObjectCommand({ Bucket: TARGET, Key: `${name}.bin` }));
  expect(LARGE.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
  expect(await listKeys(AWAY, INBOUND)).toEqual([]);
  return drain(AWAY, inboundQueue());
}

describe('parts that are staged in the inbound bucket', () => {
  test('raise no event, so both queues of the target end up empty', async () => {
    expect(await restoreLarge('one')).toEqual([]);
    expect(await drain(AWAY, inboundQueue().deadLetters)).toEqual([]);
  });

  test('cause no failure if a notification without a filter reports them', async () => {
    const { s3 } = cloud.region(AWAY);
    await drain(AWAY, inboundQueue());
    await notifyQueues(s3, INBOUND, [notificationOfNewObjects('all', inboundQueue().arn)]);
    await drain(AWAY, inboundQueue());
    const left = await restoreLarge('two');
    // moto sends two events for a completed upload.
    expect([...new Set(keysOf(left))]).toEqual([expect.stringMatching(/^_staging\/[0-9a-f]{32}\/1-[0-9a-f-]{36}$/)]);

    const region = stagingRegion();
    expect((await region.process(...left)).batchItemFailures).toEqual([]);
    expect(region.telemetry.failures).toEqual([]);
    expect(await drain(AWAY, inboundQueue())).toEqual([]);
    expect(await drain(AWAY, inboundQueue().deadLetters)).toEqual([]);
  });
});

test('staged parts in the outbound bucket are neither replicated nor reported', async () => {
  const store = storeIn(HOME);
  const replicated: string[] = [];
  const replicator = new Replicator({
    regions: cloud.regions,
    sources: resources.outbound,
    onReplicated: ({ key }) => replicated.push(key),
  });
  await replicator.start();
  try {
    const location = { bucket: OUTBOUND, key: `${RULE.id}/large.tar.zst` };
    const buffers = new BufferPool(PART_BUFFER_SIZE, 2);
    const { signal } = new AbortController();
    const upload = new ArchiveUpload({ isShared: false, store, location, buffers, signal, framesPerPart: 4 });
    await upload.begin();
    for (let frame = 0; frame < 7; frame += 1) await upload.append(randomBytes(5 * MIB));
    await upload.complete();
    await replicator.idle();

    expect(replicated).toEqual([location.key]);
    expect(await listKeys(HOME, OUTBOUND)).toEqual([location.key]);
    const failures = resources.replicationFailures.get(OUTBOUND);
    expect(failures === undefined ? undefined : keysOf(await drain(HOME, failures))).toEqual([]);
  } finally {
    await replicator.stop();
  }
});
