import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createBucket, enableVersioning } from '../../local-cloud/pipeline/bucket-setup.ts';
import { combineCrc32, crc32, crc32ToBase64 } from '../../src/archive/checksum.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import type { CopyRequest, CopySource } from '../../src/storage/object-store.ts';
import { MIB } from '../../src/units.ts';
import { errorAnswer, type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

const REGION = 'us-east-1';
const COPY_LIMITS = { wholeBytes: 6 * MIB, partBytes: 5 * MIB, parallelParts: 2 };
const KEY = 'rule/a b+ü.tar.zst';
const ALWAYS = { kind: 'always' } as const;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

describe('a copy inside S3', () => {
  let server: AwsServer;
  let client: S3Client;
  let store: S3ObjectStore;

  beforeAll(async () => {
    server = await startAwsServer({ region: REGION });
    client = new S3Client({ endpoint: server.endpoint, region: REGION, forcePathStyle: true, credentials });
    for (const bucket of ['outbound', 'failed']) {
      await createBucket(client, REGION, bucket);
      await enableVersioning(client, bucket);
    }
    store = new S3ObjectStore({ client, copyLimits: COPY_LIMITS });
  });
  afterAll(async () => {
    await store.close();
    client.destroy();
    await server.stop();
  });

  /** Puts a version and describes it as the source of a copy. */
  async function place(body: Uint8Array): Promise<CopySource> {
    const location = { bucket: 'outbound', key: KEY };
    await store.put({
      ...location,
      ...{ body, crc32: crc32(body), condition: ALWAYS },
      ...{ headers: { contentType: 'old/type' }, metadata: { old: 'x' }, tags: [{ key: 'old', value: 'x' }] },
    });
    const { versionId = '' } = (await store.head(location)) ?? {};
    const described = await store.describeVersion({ ...location, versionId });
    return { ...location, versionId, etag: described?.etag ?? '', size: body.length, crc32: described?.crc32 };
  }

  async function read(bucket: string, key: string) {
    const described = await store.head({ bucket, key });
    const into = Buffer.alloc(described?.size ?? 0);
    await store.read({ bucket, key, etag: described?.etag ?? '', into });
    return { into, described };
  }

  const wanted = { headers: { contentType: 'application/zstd' }, metadata: { 's3xrc-resends': '1' }, tags: [] };

  test.each([
    ['in one request', 1000],
    ['in parts', 17 * MIB],
  ])('has the same bytes and the requested description, %s', async (_, size) => {
    const body = randomBytes(size);
    const source = await place(body);
    expect(source.crc32).toBe(crc32(body));
    await store.copy({ bucket: 'failed', key: `failed/${KEY}`, ...wanted, source, condition: ALWAYS });
    const { into, described } = await read('failed', `failed/${KEY}`);
    expect(into.equals(body)).toBe(true);
    expect(described).toMatchObject({ headers: wanted.headers, metadata: wanted.metadata, tagCount: 0 });
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'failed' }));
    expect(Uploads).toEqual([]);
  });

  test('uses the given version, even below a delete marker, and creates a new version of the same key', async () => {
    const source = await place(Buffer.from('first'));
    await place(Buffer.from('second'));
    await client.send(new DeleteObjectCommand({ Bucket: 'outbound', Key: KEY }));
    expect(await store.head({ bucket: 'outbound', key: KEY })).toBeUndefined();
    await store.copy({ bucket: 'outbound', key: KEY, ...wanted, source, condition: ALWAYS });
    const { into, described } = await read('outbound', KEY);
    expect(into.toString()).toBe('first');
    expect(described?.versionId).not.toBe(source.versionId);
  });

  test('fails if the version is gone', async () => {
    const source = { ...(await place(Buffer.from('x'))), versionId: '00000000-0000-0000-0000-000000000000' };
    expect(await store.describeVersion(source)).toBeUndefined();
    const copying = store.copy({ bucket: 'failed', key: 'k', ...wanted, source, condition: ALWAYS });
    await expect(copying).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});

describe('what a copy sends', () => {
  const PARTS = [Buffer.alloc(5 * MIB, 1), Buffer.alloc(5 * MIB, 2), Buffer.from('end')] as const;
  const SIZE = PARTS.reduce((sum, part) => sum + part.length, 0);
  const SOURCE = { bucket: 'b', key: KEY, versionId: 'v+1', etag: 'e' };
  const REQUEST: CopyRequest = {
    ...{ bucket: 'b', key: 'k', headers: {}, metadata: { a: 'b' }, tags: [] },
    source: { ...SOURCE, size: 10 },
    condition: { kind: 'matches', etag: 'now' },
  };
  let server: RecordingServer;
  let store: S3ObjectStore;

  beforeAll(async () => {
    server = await startRecordingServer();
    const client = new S3Client({ endpoint: server.endpoint, region: REGION, credentials });
    store = new S3ObjectStore({ client, copyLimits: COPY_LIMITS, attempts: 1 });
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  const created = { status: 200, body: '<R><UploadId>u</UploadId></R>' };
  const completed = { status: 200, body: '<R><ETag>"x"</ETag></R>' };
  const copied = (part?: Uint8Array) => ({
    status: 200,
    body: `<R><ETag>"p"</ETag>${part === undefined ? '' : `<ChecksumCRC32>${crc32ToBase64(crc32(part))}</ChecksumCRC32>`}</R>`,
  });

  test('pins the source by version and ETag, replaces metadata and tags, and applies the condition to the key', async () => {
    server.script({ status: 200, body: '<CopyObjectResult><ETag>&quot;new&quot;</ETag></CopyObjectResult>' });
    expect(await store.copy(REQUEST)).toEqual({ etag: 'new' });
    expect(server.requests.at(-1)).toMatchObject({
      method: 'PUT',
      url: '/b/k',
      headers: {
        'x-amz-copy-source': 'b/rule/a%20b%2B%C3%BC.tar.zst?versionId=v%2B1',
        'x-amz-copy-source-if-match': '"e"',
        'x-amz-metadata-directive': 'REPLACE',
        'x-amz-tagging-directive': 'REPLACE',
        'x-amz-meta-a': 'b',
        'if-match': '"now"',
      },
    });
  });

  test.each([
    [404, 'NoSuchVersion', 'OBJECT_NOT_FOUND'],
    [412, 'PreconditionFailed', 'WRITE_CONDITION_FAILED'],
    [200, 'InternalError', 'STORAGE_UNAVAILABLE'],
    [403, 'AccessDenied', 'STORAGE_ACCESS_DENIED'],
  ])('turns a response of %d %s into %s', async (status, said, code) => {
    server.script(errorAnswer(status, said));
    await expect(store.copy(REQUEST)).rejects.toMatchObject({ code });
  });

  test('copies a large source in ranges, and lets S3 verify the checksum of the whole', async () => {
    const [first, second, last] = PARTS;
    server.script(
      created,
      ({ url }) => copied(PARTS[Number(/partNumber=(\d)/.exec(url)?.[1]) - 1]),
      ({ url }) => copied(PARTS[Number(/partNumber=(\d)/.exec(url)?.[1]) - 1]),
      copied(last),
      completed,
    );
    await store.copy({ ...REQUEST, source: { ...SOURCE, size: SIZE } });
    const sent = server.requests;
    expect(
      sent
        .slice(1, 4)
        .map(({ headers }) => headers['x-amz-copy-source-range'])
        .toSorted(),
    ).toEqual(['bytes=0-5242879', 'bytes=10485760-10485762', 'bytes=5242880-10485759']);
    const whole = [second, last].reduce((sum, part) => combineCrc32(sum, crc32(part), part.length), crc32(first));
    expect(sent.at(-1)?.headers).toMatchObject({
      'x-amz-checksum-crc32': crc32ToBase64(whole),
      'x-amz-mp-object-size': String(SIZE),
      'if-match': '"now"',
    });
  });

  test('aborts the upload when one of its parts fails', async () => {
    server.script(created, copied(), errorAnswer(403, 'AccessDenied'), { status: 204 });
    const copying = store.copy({ ...REQUEST, source: { ...SOURCE, size: 10 * MIB, crc32: 1 } });
    await expect(copying).rejects.toMatchObject({ code: 'STORAGE_ACCESS_DENIED' });
    expect(server.requests.at(-1)).toMatchObject({ method: 'DELETE', url: '/b/k?uploadId=u' });
  });

  test('reports that S3 did not abort the upload', async () => {
    server.script(created, errorAnswer(403, 'AccessDenied'));
    const copying = store.copy({ ...REQUEST, source: { ...SOURCE, size: 10 * MIB, crc32: 1 } });
    await expect(copying).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('could not be aborted'),
    });
  });

  test('does not complete an upload that cannot be verified', async () => {
    server.script(created, copied(), copied(), { status: 204 });
    const copying = store.copy({ ...REQUEST, source: { ...SOURCE, size: 10 * MIB } });
    await expect(copying).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('CRC-32'),
    });
  });
});
