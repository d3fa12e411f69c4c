import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { MIB } from '../../src/units.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { FailingObjectStore, type StoreCall } from '../support/failing-object-store.ts';
import { HOSTILE_KEYS } from '../support/hostile-keys.ts';
import { announce, archiveOf, INBOUND, RULE, TARGET, TargetRegion, textObject } from '../support/target-region.ts';

const REGION = 'us-east-1';
let server: AwsServer;
let client: S3Client;
let store: S3ObjectStore;
const pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new S3Client({ endpoint: server.endpoint, region: REGION, forcePathStyle: true, credentials });
  for (const bucket of [INBOUND, TARGET]) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  store = new S3ObjectStore({ client });
});

afterAll(async () => {
  await store.close();
  client.destroy();
  await server.stop();
  await pool.close();
});

function targetRegion(): TargetRegion {
  return new TargetRegion({ dependencies: { store, pool } });
}

async function arrive(bytes: Uint8Array, name: string, receiveCount = 1): Promise<QueueMessage> {
  const key = `${RULE.id}/${name}.tar.zst`;
  const bare = { headers: {}, metadata: {}, tags: [], condition: { kind: 'always' as const } };
  const { etag } = await store.put({ bucket: INBOUND, key, body: bytes, crc32: crc32(bytes), ...bare });
  return announce(key, etag, bytes.length, receiveCount);
}

async function read(key: string): Promise<Buffer> {
  const location = { bucket: TARGET, key };
  const found = await store.head(location);
  const body = Buffer.alloc(found?.size ?? 0);
  await store.read({ ...location, etag: found?.etag ?? '', into: body });
  return body;
}

describe('the target service over the real S3 protocol, with worker threads', () => {
  test('restores hard keys, headers, metadata and tags, and deletes the archive', async () => {
    const region = targetRegion();
    // moto itself cannot store a key with a line break, see docs/local-cloud.md.
    const keys = HOSTILE_KEYS.filter((key) => Buffer.byteLength(key) < 1000 && !/[\n\r\0]/.test(key));
    const described = {
      headers: { contentType: 'text/x', contentEncoding: 'br', cacheControl: 'no-store', expires: 'never' },
      metadata: [['name', 'Zoë 日本']] as [string, string][],
      tags: [{ a: 'b' }, { 'c d': 'e/f' }],
    };
    const message = await arrive(archiveOf(keys.map((key) => textObject(`hard/${key}`, key, described))), 'hard');

    const response = await region.process(message);

    expect(region.telemetry.failedObjects).toEqual([]);
    expect(region.telemetry.failures).toEqual([]);
    expect(response.batchItemFailures).toEqual([]);
    for (const key of keys) expect((await read(`hard/${key}`)).toString()).toBe(key);
    const found = await store.head({ bucket: TARGET, key: 'hard/plain.txt' });
    expect(found?.headers).toMatchObject(described.headers);
    expect(found?.metadata['name']).toBe('Zoë 日本');
    expect((await store.readTags({ bucket: TARGET, key: 'hard/plain.txt' })).tags).toEqual(
      expect.arrayContaining([
        { key: 'a', value: 'b' },
        { key: 'c d', value: 'e/f' },
      ]),
    );
    expect(await store.head({ bucket: INBOUND, key: `${RULE.id}/hard.tar.zst` })).toBeUndefined();
  });

  test('restores a large object in parts, skips its replay, and leaves no upload open', async () => {
    const region = targetRegion();
    const body = Buffer.alloc(21 * MIB, 'large and larger ');
    const archive = archiveOf([{ key: 'large.bin', body, sequencer: '0A' }, textObject('small', 's')]);
    await region.process(await arrive(archive, 'large'));
    const standing = async () => ({
      ...(await store.head({ bucket: TARGET, key: 'large.bin' })),
      answeredAt: undefined,
    });
    const first = await standing();

    const response = await region.process(await arrive(archive, 'large', 2));

    expect(response.batchItemFailures).toEqual([]);
    expect((await read('large.bin')).equals(body)).toBe(true);
    expect(await standing()).toEqual(first);
    expect(new Map(region.telemetry.skipped)).toEqual(
      new Map([
        ['large.bin', 'replay'],
        ['small', 'replay'],
      ]),
    );
    const { Uploads: uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: TARGET }));
    expect(uploads).toEqual([]);
  });

  test('never replaces a newer version with an older one, and overwrites older versions and those of users', async () => {
    const region = targetRegion();
    await store.put({
      ...{ bucket: TARGET, key: 'k', body: Buffer.from('user'), crc32: crc32(Buffer.from('user')) },
      ...{ headers: {}, metadata: {}, tags: [], condition: { kind: 'always' } },
    });
    const version = (text: string, sequencer: string): Buffer => archiveOf([textObject('k', text, { sequencer })]);

    await region.process(await arrive(version('second', '0B'), 'two'));
    await region.process(await arrive(version('first', '0A'), 'one'));
    expect((await read('k')).toString()).toBe('second');
    await region.process(await arrive(version('third', '0C'), 'three'));

    expect((await read('k')).toString()).toBe('third');
    expect(region.telemetry.conflicts).toEqual(['k']);
    expect(region.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
  });

  test('acknowledges an archive that is gone', async () => {
    const region = targetRegion();

    const response = await region.process(announce(`${RULE.id}/gone.tar.zst`, 'e1', 500));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.telemetry.gone).toEqual([`${RULE.id}/gone.tar.zst`]);
  });

  test('aborts the parts of a large object that a newer version has overtaken', async () => {
    const AT = { bucket: TARGET, key: 'overtaken.bin' };
    const large = archiveOf([{ key: AT.key, body: Buffer.alloc(21 * MIB, 'older '), sequencer: '0A' }]);
    const message = await arrive(large, 'overtaken');
    const attempt = async (failing: Partial<Record<StoreCall, readonly number[]>>) => {
      const region = targetRegion();
      const limits = { ...region.dependencies.limits, resumableBytes: 16 * MIB };
      region.dependencies = { ...region.dependencies, store: new FailingObjectStore(store, failing), limits };
      return (await region.process(message)).batchItemFailures.length;
    };
    expect(await attempt({ uploadPart: [4] })).toBe(1);
    expect(await store.listUploads(AT)).toHaveLength(1);
    await targetRegion().process(
      await arrive(archiveOf([textObject(AT.key, 'newer', { sequencer: '0B' })]), 'overtaking'),
    );

    expect(await attempt({})).toBe(0);

    expect(await store.listUploads(AT)).toEqual([]);
    expect((await read(AT.key)).toString()).toBe('newer');
  });

  test('restores tags that no header can carry', async () => {
    const tags = Array.from({ length: 10 }, (_, n) => ({ [`${n}${'К'.repeat(11)}`]: 'я'.repeat(120) }));
    const region = targetRegion();
    await region.process(await arrive(archiveOf([textObject('tagged', 't', { tags })]), 'tagged'));
    const read = await store.readTags({ bucket: TARGET, key: 'tagged' });
    const byKey = Object.fromEntries(read.tags.map(({ key, value }) => [key, value]));
    expect(byKey).toEqual(Object.assign({}, ...tags));
    expect(region.telemetry.archives).toMatchObject([{ restored: 1 }]);
  });

  test('adds the prefix of a destination to keys of small and large objects', async () => {
    const destinations = RULE.destinations.map((destination) => ({ ...destination, targetPrefix: 'copies of/é+/' }));
    const region = new TargetRegion({ rules: [{ ...RULE, destinations }], dependencies: { store, pool } });
    const large = Buffer.alloc(17 * MIB, 'large');
    const objects = [textObject('prefixed/small +', 'small'), { key: 'prefixed/large', body: large }];

    const response = await region.process(await arrive(archiveOf(objects), 'prefixed'));

    expect(response.batchItemFailures).toEqual([]);
    expect((await read('copies of/é+/prefixed/small +')).toString()).toBe('small');
    expect((await read('copies of/é+/prefixed/large')).equals(large)).toBe(true);
    expect(await store.head({ bucket: TARGET, key: 'prefixed/small +' })).toBeUndefined();
  });
});
