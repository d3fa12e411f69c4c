import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectPager } from '../../src/aws/s3/object-pager.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { compareKeys } from '../../src/listing/key-order.ts';
import { listObjects } from '../../src/listing/list-objects.ts';
import { HOSTILE_KEYS } from '../support/hostile-keys.ts';

const region = 'eu-west-1';
const bucket = 'listed';
/** moto answers 404 to keys that S3 accepts. */
const KEYS = HOSTILE_KEYS.filter((key) => !key.includes('\n'));

describe('listing a bucket of S3', () => {
  let server: AwsServer;
  let client: S3Client;
  let store: S3ObjectStore;
  let pager: S3ObjectPager;

  beforeAll(async () => {
    server = await startAwsServer({ region });
    client = new S3Client({
      endpoint: server.endpoint,
      region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    store = new S3ObjectStore({ client });
    pager = new S3ObjectPager(client);
    for (const [index, key] of KEYS.entries()) await put(key, index);
  });

  afterAll(async () => {
    await store.close();
    await pager.close();
    client.destroy();
    await server.stop();
  });

  async function put(key: string, size: number): Promise<void> {
    const target = { bucket, key, headers: {}, metadata: {}, tags: [] };
    await store.put({
      ...target,
      body: Buffer.alloc(size),
      crc32: crc32(Buffer.alloc(size)),
      condition: { kind: 'always' },
    });
  }

  test('returns every key unchanged', async () => {
    const listed = [];
    for await (const page of listObjects(pager, { bucket, prefixes: [''], order: 'key' })) listed.push(...page);
    expect(listed.map(({ key }) => key)).toEqual(KEYS.toSorted(compareKeys));
    const last = listed.find(({ key }) => key === KEYS.at(-1));
    expect(last).toMatchObject({ size: KEYS.length - 1, storageClass: 'STANDARD' });
    expect(last?.etag).toMatch(/^[0-9a-f]{32}$/);
    expect(Math.abs((last?.lastModified ?? 0) - Date.now())).toBeLessThan(3_600_000);
  });

  test('resumes after any key', async () => {
    const sorted = KEYS.toSorted(compareKeys);
    for (const [index, startAfter] of sorted.entries()) {
      const { objects, isTruncated } = await pager.page({ bucket, prefix: '', startAfter, maxKeys: 1 });
      expect(objects.map(({ key }) => key)).toEqual(sorted.slice(index + 1, index + 2));
      expect(isTruncated).toBe(index + 2 < sorted.length);
    }
  });

  test('reports that the bucket does not exist', async () => {
    await expect(pager.page({ bucket: 'missing-bucket', prefix: '' })).rejects.toThrow(/NoSuchBucket/);
  });
});
