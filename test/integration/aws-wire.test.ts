import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { crc32, crc32ToBase64 } from '../../src/archive/checksum.ts';
import { S3ObjectStore, type S3ObjectStoreOptions } from '../../src/aws/s3/object-store.ts';
import type { PutRequest, ReadRequest } from '../../src/storage/object-store.ts';
import { HOSTILE_KEYS } from '../support/hostile-keys.ts';
import {
  errorAnswer,
  OBJECT_HEADERS,
  type RecordedRequest,
  type RecordingServer,
  startRecordingServer,
} from '../support/recording-server.ts';
import { type Certificate, makeCertificate } from '../support/self-signed.ts';
import { TRANSPORTS } from '../support/transports.ts';

describe.each(TRANSPORTS)('over $name', (transport) => {
  let server: RecordingServer;
  let certificate: Certificate;
  let store: S3ObjectStore;
  const delays: number[] = [];
  const opened: S3ObjectStore[] = [];

  const open = (options: S3ObjectStoreOptions = {}): S3ObjectStore => {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'ACCESS', secretAccessKey: 'SECRET' },
    });
    const sleep = (milliseconds: number): Promise<void> => {
      delays.push(milliseconds);
      return Promise.resolve();
    };
    const made = new S3ObjectStore({
      client,
      sleep,
      random: () => 0.5,
      opener: transport.open(certificate),
      ...options,
    });
    opened.push(made);
    return made;
  };
  const bare = { bucket: 'b', headers: {}, metadata: {}, tags: [], condition: { kind: 'always' } } as const;
  const put = (more: Partial<PutRequest> = {}, to = store) => {
    const body = more.body ?? Buffer.from('body');
    return to.put({ ...bare, key: 'k', body, crc32: crc32(body), ...more });
  };
  const read = (more: Partial<ReadRequest> = {}, from = store) =>
    from.read({ bucket: 'b', key: 'k', etag: '0123456789abcdef', into: Buffer.alloc(10), ...more });
  const written = { status: 200, headers: { etag: '"e"' } };
  const object = { status: 200, headers: OBJECT_HEADERS, body: '0123456789' };
  const last = (): RecordedRequest => {
    const request = server.requests.at(-1);
    if (!request) throw new Error('no request came');
    return request;
  };
  /** The request's headers, without those that every signed request has. */
  const own = ({ headers }: RecordedRequest): Record<string, string> => {
    const every = ['host', 'connection', 'authorization', 'x-amz-date', 'x-amz-content-sha256', 'content-length'];
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !every.includes(name)));
  };

  beforeAll(async () => {
    certificate = await makeCertificate();
    server = await startRecordingServer(transport.tls ? certificate : undefined);
    store = open();
  });
  beforeEach(() => {
    delays.length = 0;
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all(opened.map((one) => one.close()));
  });

  describe('a HEAD', () => {
    const version = { bucket: 'b', key: 'k', versionId: 'v 1' };

    it('asks for the checksum, which identifies the bytes that were written', async () => {
      server.script({ status: 200, headers: { ...OBJECT_HEADERS, 'x-amz-checksum-crc32': crc32ToBase64(7) } });
      expect(await store.head({ bucket: 'b', key: 'k' })).toMatchObject({ crc32: 7 });
      expect(last()).toMatchObject({ method: 'HEAD', url: '/b/k' });
      expect(own(last())).toEqual({ 'x-amz-checksum-mode': 'ENABLED' });
    });

    it('confirms with a GET that a version is gone before it reports that', async () => {
      server.script({ status: 404 }, errorAnswer(404, 'NoSuchVersion'));
      expect(await store.describeVersion(version)).toBeUndefined();
      expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
        'HEAD /b/k?versionId=v%201',
        'GET /b/k?versionId=v%201',
      ]);
      expect(own(last())).toEqual({ range: 'bytes=0-0' });
    });

    it.each([
      ['a page of a gateway', { status: 404, body: '<html>no such page</html>' }, 'ABSENCE_UNCONFIRMED'],
      ['an unknown access key', errorAnswer(404, 'XAdminUserNotFound'), 'ABSENCE_UNCONFIRMED'],
      ['a missing bucket', errorAnswer(404, 'NoSuchBucket'), 'BUCKET_NOT_FOUND'],
      ['the object itself', { status: 206, headers: OBJECT_HEADERS, body: 'x' }, 'ABSENCE_UNCONFIRMED'],
    ])('does not report a version as gone when the GET meets %s', async (_, answer, code) => {
      server.script({ status: 404 }, answer);
      await expect(store.describeVersion(version)).rejects.toMatchObject({ code, retryable: true });
    });
  });

  describe('a PUT', () => {
    it('carries body, headers, metadata, tags, class, key, checksum and condition', async () => {
      server.script(written);
      const body = Buffer.from('the body');
      const { etag } = await put({
        body,
        headers: {
          contentType: 'text/plain',
          contentEncoding: 'gzip',
          contentDisposition: Buffer.from('attachment; filename="ü"').toString('latin1'),
          contentLanguage: 'de',
          cacheControl: 'no-cache',
          expires: 'whenever',
          websiteRedirectLocation: '/there',
        },
        metadata: { plain: 'a b', unicode: 'ü' },
        tags: [
          { key: 'a&b', value: 'c=d e' },
          { key: 'ü', value: '' },
        ],
        storageClass: 'STANDARD_IA',
        kmsKeyArn: 'arn:aws:kms:eu-west-1:1:key/2',
        condition: { kind: 'absent' },
      });
      expect(etag).toBe('e');
      expect(last()).toMatchObject({ method: 'PUT', url: '/b/k', body });
      expect(last().headers['content-length']).toBe('8');
      expect(last().headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
      expect(own(last())).toEqual({
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'content-disposition': 'attachment; filename="\xc3\xbc"',
        'content-language': 'de',
        'cache-control': 'no-cache',
        expires: 'whenever',
        'x-amz-website-redirect-location': '/there',
        'x-amz-meta-plain': 'a b',
        'x-amz-meta-unicode': '=?UTF-8?B?w7w=?=',
        'x-amz-tagging': 'a%26b=c%3Dd%20e&%C3%BC=',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:1:key/2',
        'x-amz-checksum-crc32': crc32ToBase64(crc32(body)),
        'if-none-match': '*',
      });
    });

    it('sends no header that the caller did not ask for', async () => {
      server.script(written);
      await put({ storageClass: 'STANDARD', body: Buffer.alloc(0) });
      expect(own(last())).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' });
      expect(last().headers['content-length']).toBe('0');
    });

    it('names the version that it replaces', async () => {
      server.script(written);
      await put({ condition: { kind: 'matches', etag: 'abc-2' } });
      expect(last().headers['if-match']).toBe('"abc-2"');
    });

    it('refuses a header that HTTP cannot carry, and sends nothing', async () => {
      server.script(written);
      const writing = put({ headers: { cacheControl: 'a\r\nx-amz-acl: public-read' } });
      await expect(writing).rejects.toMatchObject({ code: 'STORAGE_REJECTED', context: { key: 'k' } });
      expect(server.requests).toHaveLength(0);
    });
  });

  describe('a key', () => {
    it.each(HOSTILE_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key]))('arrives whole: %s', async (_, key) => {
      server.script(written);
      await put({ key });
      const path = last().url.slice('/b/'.length);
      expect(path).toMatch(/^[A-Za-z0-9\-._~/%]*$/);
      expect(decodeURIComponent(path)).toBe(key);
    });

    it('that S3 does not allow is refused', async () => {
      await expect(put({ key: 'lone \ud800 surrogate' })).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
    });
  });

  describe('a GET', () => {
    it('of a whole object is pinned to its version and asks for the checksum', async () => {
      server.script(object);
      await read();
      expect(last()).toMatchObject({ method: 'GET', url: '/b/k' });
      expect(own(last())).toEqual({ 'if-match': '"0123456789abcdef"', 'x-amz-checksum-mode': 'ENABLED' });
    });

    it('of a range asks for no checksum', async () => {
      server.script({
        status: 206,
        headers: { ...OBJECT_HEADERS, 'content-range': 'bytes 5-14/100' },
        body: '5678901234',
      });
      expect((await read({ start: 5 })).size).toBe(100);
      expect(own(last())).toEqual({ 'if-match': '"0123456789abcdef"', range: 'bytes=5-14' });
    });

    it('refuses a range that it did not ask for', async () => {
      const headers = { ...OBJECT_HEADERS, 'content-range': 'bytes 6-15/100' };
      server.script({ status: 206, headers, body: '6789012345' });
      await expect(read({ start: 5 })).rejects.toMatchObject({ code: 'OBJECT_SIZE_MISMATCH' });
    });

    it('refuses the whole object when it asked for a range', async () => {
      server.script(object);
      await expect(read({ start: 5 })).rejects.toMatchObject({ code: 'OBJECT_SIZE_MISMATCH' });
    });

    it('returns everything that S3 says about the object', async () => {
      server.script({
        status: 200,
        headers: {
          ...OBJECT_HEADERS,
          expires: 'whenever',
          'x-amz-meta-word': '=?UTF-8?Q?gr=C3=BC=C3=9Fe?=',
          'x-amz-meta-raw': Buffer.from('grüße').toString('latin1'),
          'x-amz-meta-__proto__': 'own',
          'x-amz-missing-meta': '2',
          'x-amz-tagging-count': '3',
          'x-amz-storage-class': 'STANDARD_IA',
          'x-amz-version-id': 'v1',
          'x-amz-checksum-crc32': crc32ToBase64(crc32(Buffer.from('0123456789'))),
          'x-amz-checksum-type': 'FULL_OBJECT',
        },
        body: '0123456789',
      });
      const into = Buffer.alloc(10);
      const description = await read({ into });
      expect(into.toString()).toBe('0123456789');
      expect(Object.entries(description.metadata)).toEqual([
        ['word', 'grüße'],
        ['raw', 'grüße'],
        ['__proto__', 'own'],
      ]);
      expect(description).toMatchObject({
        size: 10,
        etag: '0123456789abcdef',
        lastModified: new Date('2026-11-23T16:00:00Z'),
        headers: { contentType: 'text/plain', expires: 'whenever' },
        missingMetadata: 2,
        tagCount: 3,
        storageClass: 'STANDARD_IA',
        versionId: 'v1',
        crc32: crc32(Buffer.from('0123456789')),
      });
    });

    it.each([
      ['the number of parts in it', { 'x-amz-checksum-crc32': 'AAAAAA==-2' }],
      ['its type', { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' }],
    ])('ignores a checksum of checksums, recognized by %s', async (_, headers) => {
      server.script({ ...object, headers: { ...OBJECT_HEADERS, ...headers } });
      expect((await read()).crc32).toBeUndefined();
    });

    it('refuses a response that is not from S3', async () => {
      server.script({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>...' + '.' });
      await expect(read()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    });
  });

  describe('a multipart upload', () => {
    const created = {
      status: 200,
      body: '<InitiateMultipartUploadResult><UploadId>id/+=&amp;</UploadId></InitiateMultipartUploadResult>',
    };
    const completed = {
      status: 200,
      body: ' \n<CompleteMultipartUploadResult><ETag>&quot;whole-2&quot;</ETag></CompleteMultipartUploadResult>',
    };

    it('declares, sends and closes with full-object checksums', async () => {
      server.script(
        created,
        { status: 200, headers: { etag: '"p2"' } },
        { status: 200, headers: { etag: '"p1"' } },
        completed,
      );
      const upload = await store.createUpload({ ...bare, key: 'k', metadata: { a: 'b' } });
      await upload.uploadPart(2, Buffer.from('two'), 2);
      await upload.uploadPart(1, Buffer.from('one'), 1);
      const { etag } = await upload.complete({ crc32: 3, size: 6, condition: { kind: 'absent' } });
      expect(etag).toBe('whole-2');
      const [create, second, , complete] = server.requests;
      expect(create).toMatchObject({ method: 'POST', url: '/b/k?uploads=' });
      expect(create && own(create)).toEqual({
        'x-amz-meta-a': 'b',
        'x-amz-checksum-algorithm': 'CRC32',
        'x-amz-checksum-type': 'FULL_OBJECT',
      });
      expect(second).toMatchObject({ method: 'PUT', url: '/b/k?partNumber=2&uploadId=id%2F%2B%3D%26' });
      expect(second && own(second)).toEqual({ 'x-amz-checksum-crc32': 'AAAAAg==' });
      expect(second?.body.toString()).toBe('two');
      expect(complete).toMatchObject({ method: 'POST', url: '/b/k?uploadId=id%2F%2B%3D%26' });
      expect(complete && own(complete)).toEqual({
        'content-type': 'application/xml',
        'x-amz-checksum-crc32': 'AAAAAw==',
        'x-amz-checksum-type': 'FULL_OBJECT',
        'x-amz-mp-object-size': '6',
        'if-none-match': '*',
      });
      expect(complete?.body.toString()).toBe(
        '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
          '<Part><PartNumber>1</PartNumber><ETag>&#34;p1&#34;</ETag><ChecksumCRC32>AAAAAQ==</ChecksumCRC32></Part>' +
          '<Part><PartNumber>2</PartNumber><ETag>&#34;p2&#34;</ETag><ChecksumCRC32>AAAAAg==</ChecksumCRC32></Part>' +
          '</CompleteMultipartUpload>',
      );
    });

    it('is found by its key among keys with the same beginning, and its parts are listed page by page', async () => {
      const uploads = ['k', 'k2'].map((key) => `<Upload><Key>${key}</Key><UploadId>of-${key}</UploadId></Upload>`);
      const part = (number: number) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>&quot;p${number}&quot;</ETag><Size>7</Size><ChecksumCRC32>AAAAAQ==</ChecksumCRC32></Part>`;
      const page = (parts: string, more: string) => ({
        status: 200,
        body: `<ListPartsResult>${parts}${more}</ListPartsResult>`,
      });
      server.script(
        { status: 200, body: `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>` },
        page(part(1), '<IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>'),
        page(
          `${part(3)}<Part><PartNumber>4</PartNumber><ETag>x</ETag><Size>1</Size></Part>`,
          '<IsTruncated>false</IsTruncated>',
        ),
        completed,
      );
      const location = { bucket: bare.bucket, key: 'k' };
      expect(await store.listUploads(location)).toEqual(['of-k']);
      const upload = await store.resumeUpload(location, 'of-k');
      expect(upload.earlier).toMatchObject([
        { number: 1, size: 7, crc32: 1 },
        { number: 3, size: 7, crc32: 1 },
      ]);
      await upload.complete({ crc32: 0, size: 7, condition: { kind: 'always' }, lastPart: 2 });
      expect(server.requests.map(({ url }) => url)).toEqual([
        '/b/?max-uploads=1000&prefix=k&uploads=',
        '/b/k?max-parts=1000&part-number-marker=0&uploadId=of-k',
        '/b/k?max-parts=1000&part-number-marker=1&uploadId=of-k',
        '/b/k?uploadId=of-k',
      ]);
      const named = server.requests[3]?.body.toString().match(/<PartNumber>\d+/g);
      expect(named).toEqual(['<PartNumber>1']);
    });

    it('copies an object as a part only if it has the expected bytes', async () => {
      const copied = (checksum: string) => ({
        status: 200,
        body: `<CopyPartResult><ETag>&quot;p&quot;</ETag><ChecksumCRC32>${checksum}</ChecksumCRC32></CopyPartResult>`,
      });
      server.script(created, copied('AAAAAQ=='), copied('AAAAAg=='));
      const upload = await store.createUpload({ ...bare, key: 'k' });
      const source = { bucket: 'stage', key: 'a b/1', etag: 'e' };
      await upload.takePart(source, { number: 2, size: 10, crc32: 1 });
      const other = upload.takePart(source, { number: 3, size: 10, crc32: 1 });
      await expect(other).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      const [, copy] = server.requests;
      expect(copy).toMatchObject({ method: 'PUT', url: '/b/k?partNumber=2&uploadId=id%2F%2B%3D%26' });
      expect(copy && own(copy)).toEqual({
        'x-amz-copy-source': 'stage/a%20b/1',
        'x-amz-copy-source-if-match': '"e"',
      });
    });

    it('is not completed if another task has replaced a part, and may be retried', async () => {
      server.script(created, errorAnswer(400, 'InvalidPart'));
      const upload = await store.createUpload({ ...bare, key: 'k' });
      const completing = upload.complete({ crc32: 0, size: 0, condition: { kind: 'always' } });
      await expect(completing).rejects.toMatchObject({ code: 'UPLOAD_GONE', retryable: true });
    });

    it('is completed again after an error under status 200', async () => {
      server.script(created, errorAnswer(200, 'InternalError'), completed);
      const upload = await store.createUpload({ ...bare, key: 'k' });
      expect(await upload.complete({ crc32: 0, size: 0, condition: { kind: 'always' } })).toEqual({ etag: 'whole-2' });
      expect(server.requests).toHaveLength(3);
    });

    it('leaves the check to the caller when the response to its completion was lost', async () => {
      server.script(created, 'reset', errorAnswer(404, 'NoSuchUpload'));
      const upload = await store.createUpload({ ...bare, key: 'k' });
      const completing = upload.complete({ crc32: 0, size: 0, condition: { kind: 'always' } });
      await expect(completing).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
    });

    it('waits for parts that are being sent before it is aborted, even after its signal', async () => {
      server.script(created, 'stall', { status: 204 });
      const controller = new AbortController();
      const upload = await store.createUpload({ ...bare, key: 'k' }, controller.signal);
      const sending = upload.uploadPart(1, Buffer.from('x'), crc32(Buffer.from('x')));
      const failure = sending.catch((error: unknown) => error);
      await server.received(2);
      const aborting = upload.abort();
      const reason = new Error('enough');
      controller.abort(reason);
      await aborting;
      expect(await failure).toBe(reason);
      expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE']);
    });
  });

  describe('a DELETE', () => {
    it('is pinned to the version', async () => {
      server.script({ status: 204 });
      await store.remove({ bucket: 'b', key: 'k', etag: 'e' });
      expect(last()).toMatchObject({ method: 'DELETE', url: '/b/k' });
      expect(own(last())).toEqual({ 'if-match': '"e"' });
    });

    it('whose first response was lost succeeds if the object is gone', async () => {
      server.script('reset', errorAnswer(412, 'PreconditionFailed'));
      await store.remove({ bucket: 'b', key: 'k', etag: 'e' });
      expect(server.requests).toHaveLength(2);
    });
  });

  describe('a failure', () => {
    it.each([
      ['503', errorAnswer(503, 'SlowDown'), [250, 500]],
      ['500', errorAnswer(500, 'InternalError'), [50, 100]],
      ['a broken connection', 'reset', [50, 100]],
      ['a body that ends early', 'short-body', [50, 100]],
      ['a damaged upload', errorAnswer(400, 'BadDigest'), [50, 100]],
    ] as const)('of the kind "%s" is retried', async (_, answer, waited) => {
      server.script(answer, answer, object);
      const into = Buffer.alloc(10);
      await read({ into });
      expect(into.toString()).toBe('0123456789');
      expect(delays).toEqual(waited);
    });

    it.each([
      ['the head', 'stall', { headersTimeout: 100 }, 'HEADERS_TIMEOUT'],
      ['the body', 'stall-in-body', { bodyTimeout: 100 }, 'BODY_TIMEOUT'],
    ] as const)('is detected when %s does not arrive', async (_, answer, timeouts, code) => {
      server.script(answer);
      const error: unknown = await read({}, open({ ...timeouts, attempts: 2 })).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        context: { operation: 'GetObject', bucket: 'b', key: 'k', attempts: 2, status: 0, s3Code: code },
        cause: { code },
      });
      expect(server.requests).toHaveLength(2);
    });

    it('ends in an error with all details', async () => {
      server.script(errorAnswer(503, 'SlowDown', 'Please reduce your request rate.'));
      await expect(put()).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        retryable: true,
        message: expect.stringContaining('PutObject of s3://b/k failed after 15 attempts') as unknown,
        context: { status: 503, s3Code: 'SlowDown', requestId: 'REQUEST-ID', attempts: 15 },
      });
      expect(server.requests).toHaveLength(15);
    });

    it('of several calls exhausts their shared retry budget', async () => {
      server.script(errorAnswer(500, 'InternalError'));
      const poor = open({ budget: 3 });
      await Promise.allSettled([read({}, poor), read({}, poor), read({}, poor)]);
      expect(server.requests).toHaveLength(6);
    });

    it('to reach the server is retried like any other', async () => {
      const client = new S3Client({
        endpoint: 'http://127.0.0.1:1',
        region: 'eu-west-1',
        credentials: { accessKeyId: 'A', secretAccessKey: 'S' },
      });
      await expect(put({}, open({ client }))).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
        context: { s3Code: 'ECONNREFUSED', attempts: 5 },
      });
    });

    it('leaves the check to the caller when the response to a conditional PUT was lost', async () => {
      server.script('reset', errorAnswer(412, 'PreconditionFailed'));
      await expect(put({ condition: { kind: 'absent' } })).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
      expect(server.requests).toHaveLength(2);
    });

    it('sends the same body in a retry', async () => {
      server.script('reset', written);
      await put({ body: Buffer.from('precious') });
      expect(server.requests.map(({ body }) => body.toString())).toEqual(['precious', 'precious']);
    });

    it('does not retry what S3 refuses', async () => {
      server.script(errorAnswer(403, 'AccessDenied'));
      await expect(put()).rejects.toMatchObject({ code: 'STORAGE_ACCESS_DENIED' });
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('a signal', () => {
    it('stops a running call at once, and nothing is written to its buffer afterwards', async () => {
      server.script('stall-in-body');
      const controller = new AbortController();
      const into = Buffer.alloc(10);
      const reading = read({ into, signal: controller.signal });
      const failure = reading.catch((error: unknown) => error);
      await server.received(1);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await failure).toBe(reason);
      expect(server.requests).toHaveLength(1);
    });

    it('prevents a call that waits for a connection from being sent', async () => {
      server.script('stall');
      const narrow = open({ connections: 1 });
      const [first, second] = [new AbortController(), new AbortController()];
      const calls = [read({ signal: first.signal }, narrow), put({ signal: second.signal }, narrow)];
      const settled = Promise.allSettled(calls);
      await server.received(1);
      second.abort();
      first.abort();
      expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      server.script(object);
      await read({}, narrow);
      expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    });
  });

  describe('credentials', () => {
    const clientWith = (credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }>): S3Client =>
      new S3Client({ endpoint: server.endpoint, region: 'eu-west-1', credentials });
    const keyOf = ({ headers }: RecordedRequest) => /Credential=([^/]*)/.exec(headers['authorization'] ?? '')?.[1];

    it('that S3 reports as expired are refreshed, once', async () => {
      let fetched = 0;
      const client = clientWith(() => {
        fetched += 1;
        return Promise.resolve({ accessKeyId: `KEY-${fetched}`, secretAccessKey: 'S' });
      });
      server.script(errorAnswer(400, 'ExpiredToken'), object, errorAnswer(400, 'ExpiredToken'));
      const refreshing = open({ client });
      await read({}, refreshing);
      expect(server.requests.map(keyOf)).toEqual(['KEY-1', 'KEY-2']);
      expect(delays).toEqual([]);
      await expect(read({}, refreshing)).rejects.toMatchObject({ code: 'STORAGE_ACCESS_DENIED' });
      expect(server.requests).toHaveLength(4);
    });

    it('that are about to expire are refreshed in advance, once for all calls', async () => {
      let fetched = 0;
      let now = Date.now();
      const client = clientWith(() => {
        fetched += 1;
        const expiration = new Date(now + 3_600_000);
        return Promise.resolve({ accessKeyId: `KEY-${fetched}`, secretAccessKey: 'S', expiration });
      });
      server.script(object);
      const refreshing = open({ client, now: () => now });
      await read({}, refreshing);
      now += 3_600_000 - 30_000;
      const before = fetched;
      await Promise.all([read({}, refreshing), read({}, refreshing), read({}, refreshing)]);
      expect(fetched).toBeLessThanOrEqual(before + 1);
    });

    it('that cannot be fetched cause an access error', async () => {
      const client = clientWith(() => Promise.reject(new Error('no role here')));
      await expect(read({}, open({ client }))).rejects.toMatchObject({
        code: 'STORAGE_ACCESS_DENIED',
        message: expect.stringContaining('no role here') as unknown,
      });
    });
  });

  it('follow the clock of the server when the local one is wrong', async () => {
    const date = 'Mon, 23 Nov 2026 16:00:00 GMT';
    const skewed = errorAnswer(403, 'RequestTimeTooSkewed');
    server.script(typeof skewed === 'string' ? skewed : { ...skewed, headers: { ...skewed.headers, date } }, object);
    const late = open({ now: () => Date.parse('2020-01-01T00:00:00Z') });
    await read({}, late);
    expect(server.requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20200101T000000Z',
      '20261123T160000Z',
    ]);
  });
});
