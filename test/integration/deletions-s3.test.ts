import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { layOutArchive, sealArchive } from '../support/archives.ts';
import { MemoryDeletions } from '../support/memory-deletions.ts';
import { exampleRule } from '../support/rules.ts';
import { announce, archiveOf, INBOUND, TargetRegion, textObject } from '../support/target-region.ts';

const REGION = 'us-east-1';
const PLAIN = 'plain-target';
const VERSIONED = 'versioned-target';
const rule = exampleRule({}, [
  { bucket: PLAIN, deletes: 'replicate' },
  { bucket: VERSIONED, deletes: 'replicate' },
]);
let server: AwsServer;
let client: S3Client;
let store: S3ObjectStore;

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new S3Client({ endpoint: server.endpoint, region: REGION, forcePathStyle: true, credentials });
  for (const Bucket of [INBOUND, PLAIN, VERSIONED]) await client.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket: VERSIONED, VersioningConfiguration }));
  store = new S3ObjectStore({ client });
});

afterAll(async () => {
  await store.close();
  client.destroy();
  await server.stop();
});

async function put(bucket: string, key: string, body: Buffer): Promise<string> {
  const bare = { headers: {}, metadata: {}, tags: [], condition: { kind: 'always' as const } };
  return (await store.put({ bucket, key, body, crc32: crc32(body), ...bare })).etag;
}

describe.each([PLAIN, VERSIONED])('a conditional delete in %s', (bucket) => {
  test('deletes an object with the ETag, leaves one with another ETag alone, and succeeds if none exists', async () => {
    const etag = await put(bucket, 'conditional', Buffer.from('one'));
    expect(await store.remove({ bucket, key: 'conditional', etag: 'f'.repeat(32) })).toBe(false);
    expect(await store.head({ bucket, key: 'conditional' })).toBeDefined();
    expect(await store.remove({ bucket, key: 'conditional', etag })).toBe(true);
    expect(await store.head({ bucket, key: 'conditional' })).toBeUndefined();
    expect(await store.remove({ bucket, key: 'conditional', etag })).toBe(false);
  });
});

test('a deletion over the real S3 protocol leaves a marker in a versioned bucket, and a later write is restored', async () => {
  const region = new TargetRegion({ rules: [rule], dependencies: { store, deletions: new MemoryDeletions() } });
  const arrive = async (bytes: Buffer, name: string): Promise<void> => {
    const key = `${rule.id}/${name}.tar.zst`;
    const etag = await put(INBOUND, key, bytes);
    expect((await region.process(announce(key, etag, bytes.length))).batchItemFailures).toEqual([]);
  };
  const found = async (): Promise<boolean[]> =>
    Promise.all([PLAIN, VERSIONED].map(async (bucket) => (await store.head({ bucket, key: 'a b' })) !== undefined));
  const event_time = new Date(1_700_000_010_000).toISOString();
  const deletions = [{ source_bucket: 'source-bucket', key: 'a b', event_time, sequencer: '20' }];
  const parts = layOutArchive([]);
  const deleting = sealArchive({ ...parts, manifest: { ...parts.manifest, rule: rule.id, deletions } });

  await arrive(archiveOf([textObject('a b', 'one', { sequencer: '10' })], rule.id), '1');
  expect(await found()).toEqual([true, true]);
  await arrive(deleting, '2');
  expect(await found()).toEqual([false, false]);
  const { Versions = [], DeleteMarkers = [] } = await client.send(
    new ListObjectVersionsCommand({ Bucket: VERSIONED, Prefix: 'a b' }),
  );
  expect([Versions.length, DeleteMarkers.length]).toEqual([1, 1]);

  await arrive(archiveOf([textObject('a b', 'one', { sequencer: '10' })], rule.id), '1-late');
  expect(await found()).toEqual([false, false]);
  await arrive(archiveOf([textObject('a b', 'one', { sequencer: '30' })], rule.id), '3');
  expect(await found()).toEqual([true, true]);
  await arrive(deleting, '2-again');
  expect(await found()).toEqual([true, true]);
  expect(region.telemetry.conflicts).toEqual([]);
  await client.send(new DeleteObjectCommand({ Bucket: PLAIN, Key: 'a b' }));
});

describe('a delete marker', () => {
  test('is found with the version below it, even below other markers and next to longer keys', async () => {
    const key = 'a marker';
    await put(VERSIONED, `${key}/longer`, Buffer.from('another key'));
    expect(await store.findDeleted({ bucket: VERSIONED, key })).toBeUndefined();
    await put(VERSIONED, key, Buffer.from('one'));
    expect(await store.findDeleted({ bucket: VERSIONED, key })).toBeUndefined();
    for (let marker = 0; marker < 2; marker += 1) {
      await client.send(new DeleteObjectCommand({ Bucket: VERSIONED, Key: key }));
    }
    const deleted = await store.findDeleted({ bucket: VERSIONED, key });
    expect(deleted?.below).toMatchObject({ size: 3, versionId: expect.any(String) });
  });

  test('does not exist in a bucket without versions', async () => {
    const etag = await put(PLAIN, 'gone', Buffer.from('one'));
    await store.remove({ bucket: PLAIN, key: 'gone', etag });
    expect(await store.findDeleted({ bucket: PLAIN, key: 'gone' })).toBeUndefined();
  });
});
