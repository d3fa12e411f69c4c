import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../local-cloud/emulated-cloud.ts';
import { createBucket } from '../../local-cloud/pipeline/bucket-setup.ts';
import { LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { DemoInputError } from '../../src/cli/demo/errors.ts';
import { openBucket } from '../../src/cli/demo/input/open-bucket.ts';
import { type PlannedContent, planObjects } from '../../src/cli/demo/input/plan-objects.ts';
import { type SampledBucket, sampleBucket } from '../../src/cli/demo/input/sample-bucket.ts';
import { Uploader, type UploadRecord } from '../../src/cli/demo/upload/uploader.ts';
import { MIB } from '../../src/units.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';

const HOME = 'eu-west-1';
const EMULATED = 'us-east-1';
const BUCKET = 'of-the-user';
const LARGE = 20 * MIB;
const ENVIRONMENT = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const;

let cloud: EmulatedCloud;
let proxy: RecordingProxy;
let before: (string | undefined)[];

async function put(
  key: string,
  body: Uint8Array | string,
  more: Partial<PutObjectCommand['input']> = {},
): Promise<void> {
  await cloud.region(HOME).s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ...more }));
}

beforeAll(async () => {
  cloud = await startEmulatedCloud({ regions: [HOME, EMULATED] });
  await createBucket(cloud.region(HOME).s3, HOME, BUCKET);
  await createBucket(cloud.region(EMULATED).s3, EMULATED, 'copy');
  await put('logs/a b+ü.txt', 'a log', {
    ContentType: 'text/plain',
    ContentDisposition: 'attachment; filename="a.txt"',
    Metadata: { author: 'Ada' },
    StorageClass: 'STANDARD_IA',
  });
  await put('logs/large.bin', Buffer.alloc(LARGE, 'x'));
  await put('logs/cold.txt', 'cold', { StorageClass: 'GLACIER' });
  await put('other/b.txt', 'not of the prefix');
  for (let index = 0; index < 50; index += 1) await put(`many/${index}.txt`, String(index).repeat(1000));
});

afterAll(() => cloud.stop());

beforeEach(async () => {
  before = ENVIRONMENT.map((name) => process.env[name]);
  proxy = await startRecordingProxy(cloud.region(HOME).directEndpoint);
  process.env['AWS_ENDPOINT_URL'] = proxy.endpoint;
  process.env['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
});

afterEach(async () => {
  for (const [index, name] of ENVIRONMENT.entries()) {
    const value = before[index];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await proxy.stop();
});

async function sample(prefix: string, sampleBytes: number): Promise<SampledBucket> {
  await using opened = await openBucket({ region: HOME });
  return await sampleBucket({ bucket: BUCKET, prefix, sampleBytes }, opened);
}

async function upload(content: PlannedContent): Promise<UploadRecord> {
  const { objects } = planObjects(content, { prefix: '', hasEdgeCaseKeys: false });
  const uploader = new Uploader({ s3: cloud.region(EMULATED).s3, bucket: 'copy' }, () => undefined);
  await uploader.write(objects);
  return uploader.record;
}

describe('the demo on a bucket', () => {
  test('copies objects with all of their properties, with list and read requests only', async () => {
    await using opened = await openBucket({ region: HOME });
    const { content, description, cost } = await sampleBucket(
      { bucket: BUCKET, prefix: 'logs/', sampleBytes: 64 * MIB },
      opened,
    );
    expect(cost).toContain('1 list request, 3 reads, 21.0 MB');
    expect(content.skipped).toEqual([{ relativePath: 'logs/cold.txt', reason: 'it is in GLACIER' }]);
    expect(description).toContain('s3://of-the-user/logs/: a random sample of 2 of 3 objects, 21.0 MB');
    const { objects, skipped } = await upload(content);
    expect(skipped).toEqual([]);
    expect(objects.find(({ key }) => key === 'a b+ü.txt')?.attributes).toMatchObject({
      headers: { contentType: 'text/plain', contentDisposition: 'attachment; filename="a.txt"' },
      metadata: { author: 'Ada' },
      storageClass: 'STANDARD_IA',
    });
    const large = objects.find(({ key }) => key === 'large.bin');
    expect(large).toMatchObject({
      size: LARGE,
      sha256: createHash('sha256').update(Buffer.alloc(LARGE, 'x')).digest('hex'),
    });
    const copy = await cloud.region(EMULATED).s3.send(new HeadObjectCommand({ Bucket: 'copy', Key: 'large.bin' }));
    expect(copy.ContentLength).toBe(LARGE);
    expect(proxy.requests.length).toBeGreaterThan(3);
    expect(proxy.requests.filter((request) => !request.startsWith('GET /'))).toEqual([]);
  });

  test('takes the same sample of a larger bucket each time, within the requested volume', async () => {
    const bytes = 40_000;
    const [first, second] = [await sample('many/', bytes), await sample('many/', bytes)];
    const keys = ({ content }: SampledBucket): string[] => content.bodies.map(({ relativePath }) => relativePath);
    expect(keys(first)).toEqual(keys(second));
    const sizes = first.content.bodies.map(({ body }) => (body.kind === 'stored' ? body.size : 0));
    const taken = sizes.reduce((sum, size) => sum + size, 0);
    expect(taken).toBeLessThanOrEqual(bytes);
    expect(taken).toBeGreaterThan(bytes - 2_000);
  });

  test('skips and names an object that changed after the listing', async () => {
    await using opened = await openBucket({ region: HOME });
    await put('changing/a.txt', 'as it was listed');
    const { content } = await sampleBucket({ bucket: BUCKET, prefix: 'changing/', sampleBytes: MIB }, opened);
    await put('changing/a.txt', 'as it is now');
    const { objects, skipped } = await upload(content);
    expect(objects).toEqual([]);
    expect(skipped).toMatchObject([{ relativePath: 'a.txt' }]);
  });

  test.each([
    ['nothing/', MIB, 'no object has that prefix'],
    ['logs/cold', MIB, 'it is in GLACIER'],
    ['logs/large', MIB, 'it is larger than the sample'],
  ])('reports why there is nothing to replicate in %s', async (prefix, bytes, reason) => {
    const sampling = sample(prefix, bytes);
    await expect(sampling).rejects.toThrow(DemoInputError);
    await expect(sampling).rejects.toThrow(reason);
  });
});
