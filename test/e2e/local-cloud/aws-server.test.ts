import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAwsServer } from '../../../local-cloud/aws-server.ts';
import { type EmulatedCloud, type EmulatedRegion, startEmulatedCloud } from '../../../local-cloud/emulated-cloud.ts';
import { LocalServerError } from '../../../local-cloud/errors.ts';
import { createBucket, enableVersioning } from '../../../local-cloud/pipeline/bucket-setup.ts';
import { createQueue } from '../../../local-cloud/pipeline/queue-pair.ts';
import { MIB } from '../../../src/units.ts';

const REGION = 'eu-west-1';
const BUCKET = 'objects';

let cloud: EmulatedCloud;
let region: EmulatedRegion;
let s3: S3Client;

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [REGION] });
  region = cloud.region(REGION);
  s3 = region.s3;
  await createBucket(s3, REGION, BUCKET);
});

afterAll(async () => {
  await cloud.stop();
});

function crc32Header(bytes: Uint8Array | string): string {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(crc32(bytes));
  return header.toString('base64');
}

async function read(Key: string, Range?: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key, Range }));
  return (await Body?.transformToString()) ?? '';
}

async function isReachable(port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = httpRequest({ host: '127.0.0.1', port }, (answer) => {
      answer.resume();
      resolve(true);
    });
    probe.on('error', () => {
      resolve(false);
    });
    probe.end();
  });
}

describe('the S3 of an emulated region', () => {
  it.each([
    'a/../b',
    '../x',
    '..',
    '.',
    'a//b',
    '/a',
    '//',
    'a/',
    'a',
    'a\nb',
    'a%2Fb',
    'a+b',
    'a b',
    'ü😀',
    'k'.repeat(1024),
  ])('keeps an object under the key %j', async (Key) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: `body of ${Key}` }));
    expect(await read(Key)).toBe(`body of ${Key}`);
  });

  it('does not parse a body, whatever its content type', async () => {
    for (const ContentType of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'form', Body: 'a=b&c=d+e', ContentType }));
      expect(await read('form')).toBe('a=b&c=d+e');
    }
  });

  it('keeps the underscore in the name of a user metadata entry', async () => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'metadata', Body: 'x', Metadata: { my_key: 'v' } }));
    const stored = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'metadata' }));
    await stored.Body?.transformToString();
    expect(stored.Metadata).toEqual({ my_key: 'v' });
  });

  it('lets exactly one of many conditional writers win', async () => {
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'race', Body: String(writer), IfNoneMatch: '*' }));
      return String(writer);
    });
    const outcomes = await Promise.allSettled(writers);
    const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
    expect(winners).toEqual([await read('race')]);
  });

  it('refuses a body that does not match its checksum', async () => {
    const wrong = { Bucket: BUCKET, Key: 'checksum', Body: 'body', ChecksumCRC32: crc32Header('other') };
    await expect(s3.send(new PutObjectCommand(wrong))).rejects.toMatchObject({ name: 'BadDigest' });
    await s3.send(new PutObjectCommand({ ...wrong, ChecksumCRC32: crc32Header('body') }));
    const stored = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'checksum', ChecksumMode: 'ENABLED' }));
    await stored.Body?.transformToString();
    expect(stored.ChecksumCRC32).toBe(crc32Header('body'));
  });

  it('joins parts into one object that can be read in any range, and checks size, checksum and condition', async () => {
    const bytes = Buffer.alloc(2 * 6 * MIB + 5, 'abcdefghijklm');
    const location = { Bucket: BUCKET, Key: 'large' };
    const create = { ...location, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(create));
    const Parts = await Promise.all(
      [0, 1, 2].map(async (index) => {
        const Body = bytes.subarray(index * 6 * MIB, (index + 1) * 6 * MIB);
        const part = { ...location, UploadId, PartNumber: index + 1, Body, ChecksumCRC32: crc32Header(Body) };
        const { ETag } = await s3.send(new UploadPartCommand(part));
        return { PartNumber: index + 1, ETag, ChecksumCRC32: part.ChecksumCRC32 };
      }),
    );
    const complete = {
      ...location,
      UploadId,
      MultipartUpload: { Parts },
      ChecksumType: 'FULL_OBJECT',
      ChecksumCRC32: crc32Header(bytes),
      MpuObjectSize: bytes.length,
    } as const;
    const finish = (changed: object) => s3.send(new CompleteMultipartUploadCommand({ ...complete, ...changed }));
    await expect(finish({ ChecksumCRC32: crc32Header('x') })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(finish({ MpuObjectSize: 1 })).rejects.toMatchObject({ name: 'InvalidRequest' });
    await expect(finish({ IfMatch: '"0"' })).rejects.toMatchObject({ name: 'NoSuchKey' });
    await finish({ IfNoneMatch: '*' });
    expect(Buffer.from(await read('large'), 'latin1').equals(bytes)).toBe(true);
    const boundary = 6 * MIB;
    expect(await read('large', `bytes=${boundary - 3}-${boundary + 3}`)).toBe(
      bytes.subarray(boundary - 3, boundary + 4).toString(),
    );
    expect(await read('large', 'bytes=-5')).toBe(bytes.subarray(-5).toString());
  });

  it('lists versions and delete markers separately', async () => {
    const bucket = 'versions';
    await createBucket(s3, REGION, bucket);
    await enableVersioning(s3, bucket);
    for (const Body of ['one', 'two']) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body }));
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const bodies = await Promise.all(
      (Versions ?? []).map(async ({ VersionId }) => {
        const version = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'k', VersionId }));
        return version.Body?.transformToString();
      }),
    );
    expect(bodies).toEqual(['two', 'one']);
  });
});

describe('the SQS of an emulated region', () => {
  it('delivers every message exactly once, with concurrent senders and receivers', async () => {
    const { sqs } = region;
    const queue = await createQueue(sqs, 'busy', { VisibilityTimeout: '60' });
    const total = 400;
    const received: string[] = [];
    const send = async (sender: number) => {
      for (let index = 0; index < total / 4; index += 1) {
        await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: `${sender}/${index}` }));
      }
    };
    const receive = async () => {
      while (received.length < total) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
        );
        if (Messages.length === 0) continue;
        received.push(...Messages.map(({ Body = '' }) => Body));
        const Entries = Messages.map(({ ReceiptHandle }, Id) => ({ Id: String(Id), ReceiptHandle }));
        const { Failed } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }));
        expect(Failed ?? []).toEqual([]);
      }
    };
    await Promise.all([...[0, 1, 2, 3].map(send), receive(), receive(), receive()]);
    expect(new Set(received).size).toBe(total);
    expect(received).toHaveLength(total);
  });

  it('hides a message for the last visibility timeout that was set', async () => {
    const { sqs } = region;
    const { url: QueueUrl } = await createQueue(sqs, 'visibility', { VisibilityTimeout: '60' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const receive = async (WaitTimeSeconds: number) =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }))).Messages?.[0]?.ReceiptHandle;
    const ReceiptHandle = await receive(0);
    expect(await receive(0)).toBeUndefined();
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    const again = await receive(0);
    expect(again).toBeDefined();
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: again, VisibilityTimeout: 1 }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '0',
    });
    const start = performance.now();
    expect(await receive(5)).toBeDefined();
    expect(performance.now() - start).toBeGreaterThan(500);
  });
});

describe('startAwsServer', () => {
  it('leaves no server behind when the process that started it is killed', async () => {
    const module = fileURLToPath(new URL('../../../local-cloud/aws-server.ts', import.meta.url));
    const script = `const { startAwsServer } = await import(${JSON.stringify(module)});
      console.log((await startAwsServer({ region: 'eu-west-1' })).endpoint);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [endpoint] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const { port } = new URL(endpoint);
    expect(await isReachable(port)).toBe(true);
    parent.kill('SIGKILL');
    while (await isReachable(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('quotes the output of the server if it cannot start', async () => {
    const start = startAwsServer({ region: REGION, python: process.execPath });
    await expect(start).rejects.toThrow(LocalServerError);
  });

  it('can be stopped twice', async () => {
    const server = await startAwsServer({ region: REGION });
    await server.stop();
    await server.stop();
    expect(await isReachable(new URL(server.endpoint).port)).toBe(false);
  });
});
