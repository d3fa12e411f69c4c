import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { combineCrc32, crc32 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import { MIB } from '../../src/units.ts';
import { itemAt } from '../support/archives.ts';
import type { InterruptedTask, TaskReport } from '../support/interrupted-task.ts';

const SCRIPT = fileURLToPath(new URL('../support/interrupted-task.ts', import.meta.url));
const REGION = 'eu-west-1';
const SOURCE = { bucket: 'source-bucket', key: 'huge.bin' };
const ARCHIVES = 'archive-bucket';
const PROGRESS = 'progress-bucket';
const TARGET = { bucket: 'target-bucket', key: 'huge.bin' };
/** 48 frames that do not compress: as many parts on each side, plus a 49th part of the archive with its manifest. */
const FRAMES = 48;
const SIZE = FRAMES * 8 * MIB;
/** Nine tenths of the parts. */
const KILLED_AT = 44;

let server: AwsServer;
let client: S3Client;
let store: S3ObjectStore;
let checksum = 0;

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  client = new S3Client({
    endpoint: server.endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (const Bucket of [SOURCE.bucket, ARCHIVES, PROGRESS, TARGET.bucket])
    await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  store = new S3ObjectStore({ client });
});

afterAll(async () => {
  await store.close();
  client.destroy();
  await server.stop();
});

async function uploadSource(): Promise<string> {
  const upload = await store.createUpload({ ...SOURCE, headers: {}, metadata: { a: 'b' }, tags: [] });
  for (let number = 1; number <= FRAMES; number += 1) {
    const part = randomBytes(8 * MIB);
    await upload.uploadPart(number, part, crc32(part));
    checksum = combineCrc32(checksum, crc32(part), part.length);
  }
  return (await upload.complete({ crc32: checksum, size: SIZE, condition: { kind: 'absent' } })).etag;
}

async function run(task: InterruptedTask): Promise<TaskReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify(task)]);
  return JSON.parse(stdout) as TaskReport;
}

async function checksumOf(location: ObjectLocation): Promise<number> {
  const head = await store.head(location);
  let whole = 0;
  const into = Buffer.alloc(8 * MIB);
  for (let start = 0; start < SIZE; start += into.length) {
    await store.read({ ...location, etag: head?.etag ?? '', into, start });
    whole = combineCrc32(whole, crc32(into), into.length);
  }
  return whole;
}

test('a huge object whose tasks are killed at 90% is resumed, and arrives unchanged', async () => {
  const etag = await uploadSource();
  const common = { endpoint: server.endpoint, region: REGION, bucket: ARCHIVES };
  const packing = { ...common, work: 'pack', object: { ...SOURCE, etag, size: SIZE } } as const;

  await expect(run({ ...packing, killAfterParts: KILLED_AT })).rejects.toMatchObject({ signal: 'SIGKILL' });
  const packed = await run(packing);

  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: ARCHIVES }));
  expect(Contents).toHaveLength(1);
  const { Key: key = '', Size: size = 0, ETag: quoted = '' } = itemAt(Contents, 0);
  const archive = { bucket: ARCHIVES, key, etag: quoted.replaceAll('"', ''), size };
  const restoring = { ...common, work: 'restore', object: archive } as const;
  // The first part is the marker.
  const killed = run({ ...restoring, killAfterParts: KILLED_AT + 1 });
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
  const restored = await run(restoring);

  process.stdout.write(
    `killed after ${KILLED_AT} of ${FRAMES} parts: ${packed.counts.uploadPart} were packed again, ${restored.counts.uploadPart} restored again\n`,
  );
  expect(packed).toMatchObject({ returned: 0, counts: { createUpload: 0, resumeUpload: 1, complete: 1 } });
  expect(packed.counts.uploadPart).toBeLessThan(FRAMES / 5);
  expect(restored).toMatchObject({ returned: 0, counts: { createUpload: 0, resumeUpload: 1, complete: 1 } });
  expect(restored.counts.uploadPart).toBeLessThan(FRAMES / 5);
  expect(await store.head(TARGET)).toMatchObject({ size: SIZE, metadata: { a: 'b' } });
  expect(await checksumOf(TARGET)).toBe(checksum);
  expect(await store.listUploads(TARGET)).toEqual([]);
  for (const Bucket of [ARCHIVES, PROGRESS])
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
}, 240_000);
