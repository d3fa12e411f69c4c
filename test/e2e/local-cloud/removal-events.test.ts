import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../../local-cloud/aws-server.ts';
import {
  enableVersioning,
  notificationOfNewObjects,
  notificationOfRemovals,
  notifyQueues,
} from '../../../local-cloud/pipeline/bucket-setup.ts';
import { createQueue, type LocalQueue } from '../../../local-cloud/pipeline/queue-pair.ts';
import { createRegionClients, destroyRegionClients, type RegionClients } from '../../../local-cloud/region-clients.ts';
import { parseNotification } from '../../../src/messages/parse-notification.ts';

const REGION = 'us-east-1';
const KEY = 'a b/ü+c';
let server: AwsServer;
let clients: RegionClients;
let queue: LocalQueue;
let Bucket: string;
let buckets = 0;

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  clients = createRegionClients(REGION, server.endpoint);
});

afterAll(async () => {
  destroyRegionClients(clients);
  await server.stop();
});

beforeEach(async () => {
  buckets += 1;
  Bucket = `bucket-${buckets}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket }));
  queue = await createQueue(clients.sqs, Bucket, {});
  await notifyQueues(clients.s3, Bucket, [notificationOfRemovals('all', queue.arn, { prefix: 'a ' })]);
  await takeBodies();
});

/** Bodies of the waiting messages. */
async function takeBodies(): Promise<string[]> {
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 }),
  );
  return Messages.map(({ Body = '' }) => Body);
}

async function takeEvents() {
  return (await takeBodies()).map((body) => ({ body, ...parseNotification(body) }));
}

async function put(Key = KEY): Promise<string | undefined> {
  return (await clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'text' }))).VersionId;
}

async function remove(VersionId?: string): Promise<string | undefined> {
  return (await clients.s3.send(new DeleteObjectCommand({ Bucket, Key: KEY, VersionId }))).VersionId;
}

describe('a versioned bucket sends an event', () => {
  beforeEach(() => enableVersioning(clients.s3, Bucket));

  test('for a delete marker, with its version and without size and ETag', async () => {
    await put();
    const marker = await remove();
    const [created, deleted, ...more] = await takeEvents();
    expect(more).toEqual([]);
    expect(created?.created).toMatchObject([{ bucket: Bucket, key: KEY }]);
    expect(deleted?.removed).toMatchObject([
      { bucket: Bucket, key: KEY, removal: 'deleted', isByLifecycle: false, versionId: marker },
    ]);
    expect(deleted?.body).toContain('ObjectRemoved:DeleteMarkerCreated');
    expect(deleted?.body).not.toMatch(/"(size|eTag)"/);
    expect(deleted?.removed[0]?.eventTime).toBeGreaterThanOrEqual(created?.created[0]?.eventTime ?? Number.NaN);
  });

  test('for a marker and a version that are permanently removed, and for nothing else', async () => {
    const [first] = [await put(), await put()];
    const marker = await remove();
    await takeBodies();
    await remove(marker);
    await remove(first);
    await remove('11111111-2222-3333-4444-555555555555');
    expect((await takeEvents()).map(({ removed }) => removed[0])).toMatchObject([
      { key: KEY, removal: 'version-removed', versionId: marker },
      { key: KEY, removal: 'version-removed', versionId: first },
    ]);
    const { Versions = [], DeleteMarkers = [] } = await clients.s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect([Versions.length, DeleteMarkers.length]).toEqual([1, 0]);
  });

  test('for each key of a batch', async () => {
    await put('a 1');
    await put('a 2');
    await takeBodies();
    await clients.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a 1' }, { Key: 'a 2' }] } }));
    expect((await takeEvents()).map(({ removed }) => removed[0]?.key)).toEqual(['a 1', 'a 2']);
  });
});

test('a bucket without versions sends one event for a deletion, and none if there was nothing to delete', async () => {
  await put();
  await takeBodies();
  await remove();
  await remove();
  expect((await takeEvents()).map(({ removed }) => removed)).toMatchObject([
    [{ key: KEY, removal: 'deleted', versionId: undefined }],
  ]);
});

test('events of removals go only to queues that ask for them, and only for their keys', async () => {
  await put('b');
  await clients.s3.send(new DeleteObjectCommand({ Bucket, Key: 'b' }));
  expect(await takeBodies()).toEqual([]);
  await notifyQueues(clients.s3, Bucket, [notificationOfNewObjects('created', queue.arn)]);
  await takeBodies();
  await put();
  await remove();
  expect((await takeEvents()).map(({ created, removed }) => [created.length, removed.length])).toEqual([[1, 0]]);
});
