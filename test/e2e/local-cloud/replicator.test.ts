import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../../local-cloud/emulated-cloud.ts';
import { ReplicationSetupError } from '../../../local-cloud/errors.ts';
import {
  createBucket,
  enableVersioning,
  notificationOfNewObjects,
  notifyQueues,
  replicateBucket,
  replicationRule,
} from '../../../local-cloud/pipeline/bucket-setup.ts';
import { createQueue } from '../../../local-cloud/pipeline/queue-pair.ts';
import { Replicator, type ReplicatorOptions } from '../../../local-cloud/replicator.ts';

const HOME = 'us-east-1';
const AWAY = 'eu-west-1';

let cloud: EmulatedCloud;
let replicator: Replicator | undefined;
/** Separate buckets for each test. */
let outbound: string;
let inbound: string;
let second: string;
let testNumber = 0;

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [HOME, AWAY] });
});

afterAll(async () => {
  await cloud.stop();
});

beforeEach(async () => {
  testNumber += 1;
  [outbound, inbound, second] = ['outbound', 'inbound', 'second'].map((name) => `${name}-${testNumber}`) as [
    string,
    string,
    string,
  ];
  for (const [region, bucket] of [
    [HOME, outbound],
    [AWAY, inbound],
    [AWAY, second],
  ] as const) {
    await createBucket(cloud.region(region).s3, region, bucket);
    await enableVersioning(cloud.region(region).s3, bucket);
  }
});

afterEach(async () => {
  await replicator?.stop();
  replicator = undefined;
});

async function startReplicator(options: Partial<ReplicatorOptions> = {}): Promise<Replicator> {
  replicator = new Replicator({ regions: cloud.regions, sources: [{ region: HOME, bucket: outbound }], ...options });
  await replicator.start();
  return replicator;
}

async function put(key: string, body = key): Promise<void> {
  await cloud.region(HOME).s3.send(new PutObjectCommand({ Bucket: outbound, Key: key, Body: body }));
}

async function listKeys(bucket: string, region = AWAY): Promise<string[]> {
  const { Versions } = await cloud.region(region).s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return (Versions ?? []).map(({ Key = '' }) => Key).toSorted();
}

describe('Replicator', () => {
  it('copies bytes, headers, user metadata, tags and storage class to the same key', async () => {
    const { s3 } = cloud.region(HOME);
    await replicateBucket(s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator();
    const Key = 'rule/a b+ü.tar.zst';
    const Body = Buffer.from([0, 255, 10, 13]);
    await s3.send(
      new PutObjectCommand({
        Bucket: outbound,
        Key,
        Body,
        ContentType: 'application/zstd',
        CacheControl: 'no-store',
        Metadata: { rule: 'one' },
        Tagging: 'team=a%2Bb%3Dc%40d&empty=',
        StorageClass: 'STANDARD_IA',
      }),
    );
    await running.idle();
    const away = cloud.region(AWAY).s3;
    const copy = await away.send(new GetObjectCommand({ Bucket: inbound, Key }));
    expect(await copy.Body?.transformToByteArray()).toEqual(new Uint8Array(Body));
    expect(copy).toMatchObject({
      ContentType: 'application/zstd',
      CacheControl: 'no-store',
      Metadata: { rule: 'one' },
      StorageClass: 'STANDARD_IA',
    });
    const { TagSet } = await away.send(new GetObjectTaggingCommand({ Bucket: inbound, Key }));
    expect(TagSet).toEqual([
      { Key: 'team', Value: 'a+b=c@d' },
      { Key: 'empty', Value: '' },
    ]);
  });

  it('holds versions on request, lets later versions pass, and copies the held ones on release', async () => {
    const { s3 } = cloud.region(HOME);
    await replicateBucket(s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator();
    await put('before');
    await running.hold();
    await put('held');
    await running.letPass();
    await put('after');
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['after', 'before']);
    expect(running.held.map(({ key }) => key)).toEqual(['held']);
    running.release();
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['after', 'before', 'held']);
    expect(running.held).toEqual([]);
  });

  it('copies only versions that were written after its start, each once, and no delete marker', async () => {
    const { s3 } = cloud.region(HOME);
    await replicateBucket(s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    await put('before');
    const running = await startReplicator();
    await put('twice', 'one');
    await put('twice', 'two');
    await put('deleted');
    await running.idle();
    await s3.send(new DeleteObjectCommand({ Bucket: outbound, Key: 'deleted' }));
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['deleted', 'twice', 'twice']);
    const latest = await cloud.region(AWAY).s3.send(new GetObjectCommand({ Bucket: inbound, Key: 'twice' }));
    expect(await latest.Body?.transformToString()).toBe('two');
  });

  it('sends an object to each destination of its prefix, and only there', async () => {
    const rules = [
      replicationRule(1, 'a-in', 'a/', inbound),
      replicationRule(2, 'a-second', 'a/', second),
      replicationRule(3, 'b-second', 'b/', second),
    ];
    await replicateBucket(cloud.region(HOME).s3, outbound, rules);
    const running = await startReplicator();
    for (const key of ['a/1', 'b/1', 'c/1']) await put(key);
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['a/1']);
    expect(await listKeys(second)).toEqual(['a/1', 'b/1']);
  });

  it('does not replicate a replica, so that two-way rules cannot loop', async () => {
    await replicateBucket(cloud.region(HOME).s3, outbound, [replicationRule(1, 'there', '', inbound)]);
    await replicateBucket(cloud.region(AWAY).s3, inbound, [replicationRule(1, 'back', '', outbound)]);
    const sources = [
      { region: HOME, bucket: outbound },
      { region: AWAY, bucket: inbound },
    ];
    const running = await startReplicator({ sources });
    await put('there');
    await cloud.region(AWAY).s3.send(new PutObjectCommand({ Bucket: inbound, Key: 'back', Body: 'x' }));
    await running.idle();
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['back', 'there']);
    expect(await listKeys(outbound, HOME)).toEqual(['back', 'there']);
  });

  it('raises an ordinary creation event at the destination', async () => {
    const { s3, sqs } = cloud.region(AWAY);
    const queue = await createQueue(sqs, `events-${testNumber}`, {});
    await notifyQueues(s3, inbound, [notificationOfNewObjects('archives', queue.arn)]);
    await replicateBucket(cloud.region(HOME).s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator();
    await put('archive');
    await running.idle();
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 }));
    const events = (Messages ?? []).map(({ Body = '' }) => Body).filter((body) => body.includes('ObjectCreated'));
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0] ?? '')).toMatchObject({ Records: [{ s3: { object: { key: 'archive', size: 7 } } }] });
  });

  it('copies a large object in parts', async () => {
    const { s3 } = cloud.region(HOME);
    await replicateBucket(s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator();
    const Body = Buffer.alloc(33 * 1024 * 1024, 'abcdefghijk');
    const location = { Bucket: outbound, Key: 'large' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...location, ContentType: 'x/y' }));
    const { ETag } = await s3.send(new UploadPartCommand({ ...location, UploadId, PartNumber: 1, Body }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...location, UploadId, MultipartUpload }));
    await running.idle();
    const copy = await cloud.region(AWAY).s3.send(new GetObjectCommand({ Bucket: inbound, Key: 'large' }));
    expect(copy.ContentType).toBe('x/y');
    expect(copy.ETag).toMatch(/-3"$/);
    expect(Body.equals((await copy.Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true);
  });

  it('permanently gives up on a refused object and notifies the queue that listens for failures', async () => {
    const { s3, sqs } = cloud.region(HOME);
    const queue = await createQueue(sqs, `failures-${testNumber}`, {});
    const Events = ['s3:Replication:OperationFailedReplication' as const];
    await notifyQueues(s3, outbound, [{ Id: 'failures', QueueArn: queue.arn, Events }]);
    await replicateBucket(s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator({
      refuse: (key) => (key === 'bad' ? 'DstPutObjectNotPermitted' : undefined),
    });
    for (const key of ['bad', 'good']) await put(key);
    await running.idle();
    expect(await listKeys(inbound)).toEqual(['good']);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 }));
    const failures = (Messages ?? []).map(({ Body = '' }) => Body).filter((body) => body.includes('Failed'));
    expect(failures).toHaveLength(1);
    expect(JSON.parse(failures[0] ?? '')).toMatchObject({
      Records: [
        { s3: { object: { key: 'bad' } }, replicationEventData: { failureReason: 'DstPutObjectNotPermitted' } },
      ],
    });
  });

  it('fails the replication to a bucket that is missing or not versioned', async () => {
    const { s3 } = cloud.region(HOME);
    const plain = `plain-${testNumber}`;
    await createBucket(cloud.region(AWAY).s3, AWAY, plain);
    const rules = [replicationRule(1, 'missing', 'a', 'nowhere'), replicationRule(2, 'plain', 'a', plain)];
    await replicateBucket(s3, outbound, rules);
    const running = await startReplicator();
    await put('a');
    await running.idle();
    expect(await listKeys(plain)).toEqual([]);
  });

  it('refuses to start on a source bucket without versioning', async () => {
    const bucket = `unversioned-${testNumber}`;
    await createBucket(cloud.region(HOME).s3, HOME, bucket);
    const sources = [{ region: HOME, bucket }];
    const refused = new Replicator({ regions: cloud.regions, sources });
    await expect(refused.start()).rejects.toThrow(ReplicationSetupError);
  });

  it('creates the replica only after the delay', async () => {
    await replicateBucket(cloud.region(HOME).s3, outbound, [replicationRule(1, 'all', '', inbound)]);
    const running = await startReplicator({ delaySeconds: 0.5 });
    await put('late');
    const written = performance.now();
    await running.idle();
    expect(performance.now() - written).toBeGreaterThan(450);
    expect(await listKeys(inbound)).toEqual(['late']);
  });
});
