import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { combineCrc32, crc32 } from '../../src/archive/checksum.ts';
import type { ObjectStore, PutRequest, WriteTarget } from '../../src/storage/object-store.ts';
import type { ObjectLocation } from '../../src/storage/stored-object.ts';
import { HOSTILE_KEYS } from './hostile-keys.ts';

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** An existing bucket for this suite only. */
  readonly bucket: string;
  close(): Promise<void>;
}

const PART_BYTES = 5 * 1024 * 1024;
const BARE = { headers: {}, metadata: {}, tags: [] } as const;

/** The behavior that all implementations of the storage port share. */
export function describeObjectStore(name: string, open: () => Promise<ObjectStoreUnderTest>): void {
  describe(`${name} as an object store`, () => {
    let opened: ObjectStoreUnderTest;
    let store: ObjectStore;
    let count = 0;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    const at = (key: string): ObjectLocation => ({ bucket: opened.bucket, key });
    const fresh = (): ObjectLocation => {
      count += 1;
      return at(`key-${count}`);
    };
    const put = (location: ObjectLocation, body: Uint8Array, more: Partial<PutRequest> = {}) =>
      store.put({ ...location, ...BARE, body, crc32: crc32(body), condition: { kind: 'always' }, ...more });
    const readAll = async (location: ObjectLocation, etag: string, size: number) => {
      const into = Buffer.alloc(size);
      const description = await store.read({ ...location, etag, into });
      return { into, description };
    };

    describe('keys', () => {
      it.each(HOSTILE_KEYS.map((key) => [JSON.stringify(key).slice(0, 60), key]))(
        'keeps %s apart from every other key',
        async (_, key) => {
          const body = Buffer.from(`body of ${key}`);
          const { etag } = await put(at(key), body, { condition: { kind: 'absent' } });
          const { into, description } = await readAll(at(key), etag, body.length);
          expect(into).toEqual(body);
          expect(description.etag).toBe(etag);
          expect((await store.head(at(key)))?.etag).toBe(etag);
        },
      );
    });

    describe('reading', () => {
      it('fills the buffer with the whole object and describes it', async () => {
        const location = fresh();
        const body = randomBytes(100_000);
        const before = Date.now();
        const { etag } = await put(location, body);
        const { into, description } = await readAll(location, etag, body.length);
        expect(into.equals(body)).toBe(true);
        expect(description).toMatchObject({
          size: 100_000,
          etag,
          storageClass: 'STANDARD',
          tagCount: 0,
          missingMetadata: 0,
        });
        expect(description.headers).toEqual({ contentType: 'binary/octet-stream' });
        expect(description.metadata).toEqual({});
        expect(Math.abs(description.lastModified.getTime() - before)).toBeLessThan(60_000);
      });

      it('returns the full-object checksum that the writer sent', async () => {
        const location = fresh();
        const body = randomBytes(1000);
        const { etag } = await put(location, body);
        expect((await readAll(location, etag, body.length)).description.crc32).toBe(crc32(body));
      });

      it('reads an empty object', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.alloc(0));
        expect((await readAll(location, etag, 0)).description.size).toBe(0);
      });

      it('reads a range, and returns the size of the whole object', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('0123456789'));
        const into = Buffer.alloc(4);
        const description = await store.read({ ...location, etag, into, start: 3 });
        expect(into.toString()).toBe('3456');
        expect(description.size).toBe(10);
        expect(description.crc32).toBeUndefined();
      });

      it('fills only the given view', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('abc'));
        const memory = Buffer.alloc(9, '.');
        await store.read({ ...location, etag, into: memory.subarray(3, 6) });
        expect(memory.toString()).toBe('...abc...');
      });

      it.each([
        ['smaller', 9],
        ['larger', 11],
      ])('refuses an object when the buffer is %s than the object', async (_, size) => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('0123456789'));
        await expect(readAll(location, etag, size)).rejects.toMatchObject({ code: 'OBJECT_SIZE_MISMATCH' });
      });

      it.each([
        ['extends beyond', 5],
        ['starts after', 10],
      ])('refuses a range that %s the end', async (_, start) => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('0123456789'));
        const reading = store.read({ ...location, etag, into: Buffer.alloc(6), start });
        await expect(reading).rejects.toMatchObject({ code: 'OBJECT_SIZE_MISMATCH' });
      });

      it('refuses a range of no bytes', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('0123456789'));
        const reading = store.read({ ...location, etag, into: Buffer.alloc(0), start: 2 });
        await expect(reading).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
      });

      it('reports that the object is missing or has changed', async () => {
        const location = fresh();
        await expect(readAll(location, 'whatever', 1)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
        const { etag } = await put(location, Buffer.from('1'));
        await put(location, Buffer.from('2'));
        await expect(readAll(location, etag, 1)).rejects.toMatchObject({ code: 'OBJECT_CHANGED' });
      });

      it('refuses an archived object', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('cold'), { storageClass: 'GLACIER' });
        await expect(readAll(location, etag, 4)).rejects.toMatchObject({ code: 'OBJECT_ARCHIVED', retryable: false });
        expect((await store.head(location))?.storageClass).toBe('GLACIER');
      });

      it('stops when its signal is aborted', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('1'));
        const reason = new Error('enough');
        const reading = store.read({ ...location, etag, into: Buffer.alloc(1), signal: AbortSignal.abort(reason) });
        await expect(reading).rejects.toBe(reason);
      });
    });

    describe('head', () => {
      it('returns undefined if there is no object', async () => {
        expect(await store.head(fresh())).toBeUndefined();
      });
    });

    describe('the properties of an object', () => {
      const carried: Pick<WriteTarget, 'headers' | 'metadata' | 'tags' | 'storageClass'> = {
        headers: {
          contentType: 'text/csv; charset=utf-8',
          contentEncoding: 'gzip',
          contentDisposition: 'attachment; filename="a  b.csv"',
          contentLanguage: 'de, en',
          cacheControl: 'max-age=60,  no-transform',
          expires: 'some day, perhaps',
          websiteRedirectLocation: '/other page',
        },
        metadata: {
          plain: 'value',
          'with-dashes': 'a; b="c"',
          empty: '',
          unicode: 'grüße 日本語 🙂',
          looks: '=?UTF-8?Q?like?=',
        },
        tags: [
          { key: 'team', value: 'a/b:c=d+e@f_g.h-i' },
          { key: 'no value', value: '' },
        ],
        storageClass: 'STANDARD_IA',
      };

      it('are kept by a put: headers, metadata, tags and storage class', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('x'), carried);
        const { description } = await readAll(location, etag, 1);
        expect(description.headers).toEqual(carried.headers);
        expect(description.metadata).toEqual(carried.metadata);
        expect(description).toMatchObject({ storageClass: 'STANDARD_IA', tagCount: 2 });
        expect(await store.head(location)).toMatchObject({ headers: carried.headers, metadata: carried.metadata });
        expect((await store.readTags(location)).tags).toEqual(expect.arrayContaining([...carried.tags]));
      });

      it('are kept by a multipart upload', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...carried });
        const body = Buffer.from('one part');
        await upload.uploadPart(1, body, crc32(body));
        await upload.complete({ crc32: crc32(body), size: body.length, condition: { kind: 'absent' } });
        const description = await store.head(location);
        expect(description).toMatchObject({ headers: carried.headers, metadata: carried.metadata });
        expect(description).toMatchObject({ storageClass: 'STANDARD_IA' });
        expect((await store.readTags(location)).tags).toHaveLength(2);
      });

      it('may include metadata of exactly 2 KB', async () => {
        const location = fresh();
        const metadata = { a: 'x'.repeat(1000), b: 'é'.repeat(523) };
        await put(location, Buffer.from('x'), { metadata });
        expect((await store.head(location))?.metadata).toEqual(metadata);
      });

      it.each([0, 1, 10])('may include %d tags', async (number) => {
        const location = fresh();
        const tags = Array.from({ length: number }, (_, index) => ({ key: `k${index}`, value: `value ${index}` }));
        const { etag } = await put(location, Buffer.from('x'), { tags });
        expect((await readAll(location, etag, 1)).description.tagCount).toBe(number);
        const read = await store.readTags(location);
        expect(read.tags.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual(tags);
      });

      it('stay the same when all tags of an object are replaced, whatever they contain', async () => {
        const location = fresh();
        const { etag, versionId } = await put(location, Buffer.from('x'), carried);
        const tags = [
          { key: 'Ключ', value: 'знач'.repeat(60) },
          { key: 'a + b', value: '/@=:' },
        ];
        await store.putTags({ ...location, versionId }, tags);
        const read = await store.readTags(location);
        expect(read.tags.toSorted((a, b) => a.key.localeCompare(b.key))).toEqual(
          tags.toSorted((a, b) => a.key.localeCompare(b.key)),
        );
        const { description } = await readAll(location, etag, 1);
        expect(description).toMatchObject({ headers: carried.headers, metadata: carried.metadata, tagCount: 2 });
      });

      it('cannot be put: tags without an object', async () => {
        const writing = store.putTags(fresh(), [{ key: 'a', value: 'b' }]);
        await expect(writing).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
      });

      it('include no tags if there is no object', async () => {
        await expect(store.readTags(fresh())).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      });
    });

    describe('a conditional write', () => {
      it('writes a key only if it is absent', async () => {
        const location = fresh();
        await put(location, Buffer.from('first'), { condition: { kind: 'absent' } });
        const second = put(location, Buffer.from('second'), { condition: { kind: 'absent' } });
        await expect(second).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
        expect((await store.head(location))?.size).toBe(5);
      });

      it('replaces only the given version', async () => {
        const location = fresh();
        const first = await put(location, Buffer.from('1'));
        const second = await put(location, Buffer.from('22'), { condition: { kind: 'matches', etag: first.etag } });
        const late = put(location, Buffer.from('333'), { condition: { kind: 'matches', etag: first.etag } });
        await expect(late).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
        expect((await store.head(location))?.etag).toBe(second.etag);
      });

      it('does not replace a deleted object', async () => {
        const writing = put(fresh(), Buffer.from('x'), { condition: { kind: 'matches', etag: 'abc' } });
        await expect(writing).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
      });

      it('lets one of many racing writers win', async () => {
        const location = fresh();
        const racing = await Promise.allSettled(
          Array.from({ length: 8 }, (_, n) => put(location, Buffer.from([n]), { condition: { kind: 'absent' } })),
        );
        expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      });

      it('may be a multipart upload', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...BARE });
        const body = Buffer.from('late');
        await upload.uploadPart(1, body, crc32(body));
        await put(location, Buffer.from('early'));
        const completing = upload.complete({ crc32: crc32(body), size: 4, condition: { kind: 'absent' } });
        await expect(completing).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
        await upload.abort();
        expect((await store.head(location))?.size).toBe(5);
      });
    });

    describe('multipart uploads', () => {
      it('join parts by number, in any order of arrival', async () => {
        const location = fresh();
        const parts = [Buffer.alloc(PART_BYTES, 1), Buffer.alloc(PART_BYTES, 2), Buffer.from('end')] as const;
        const upload = await store.createUpload({ ...location, ...BARE });
        await Promise.all([3, 1, 2].map((n) => upload.uploadPart(n, partOf(parts, n), crc32(partOf(parts, n)))));
        const whole = parts.reduce((sum, part) => combineCrc32(sum, crc32(part), part.length), 0);
        const size = 2 * PART_BYTES + 3;
        const { etag } = await upload.complete({ crc32: whole, size, condition: { kind: 'absent' } });
        const { into, description } = await readAll(location, etag, size);
        expect(crc32(into)).toBe(whole);
        expect(description.size).toBe(size);
      });

      it('keep the last body sent for a part', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...BARE });
        for (const text of ['wrong', 'right']) await upload.uploadPart(1, Buffer.from(text), crc32(Buffer.from(text)));
        const crc = crc32(Buffer.from('right'));
        const { etag } = await upload.complete({ crc32: crc, size: 5, condition: { kind: 'always' } });
        expect((await readAll(location, etag, 5)).into.toString()).toBe('right');
      });

      it('leave nothing behind after an abort, which may be repeated', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...BARE });
        const body = Buffer.from('x');
        await upload.uploadPart(1, body, crc32(body));
        await upload.abort();
        await upload.abort();
        const completing = upload.complete({ crc32: crc32(body), size: 1, condition: { kind: 'always' } });
        await expect(completing).rejects.toMatchObject({ code: 'UPLOAD_GONE', retryable: true });
        expect(await store.head(location)).toBeUndefined();
      });

      it('are found by their exact key, and can be resumed by another client', async () => {
        const location = fresh();
        const neighbor = await store.createUpload({ ...at(`${location.key}-and-more`), ...BARE });
        const begun = await store.createUpload({ ...location, ...BARE });
        const parts = [Buffer.alloc(PART_BYTES, 1), Buffer.alloc(PART_BYTES, 2), Buffer.from('end')] as const;
        await begun.uploadPart(3, parts[2], crc32(parts[2]));
        await begun.uploadPart(1, parts[0], crc32(parts[0]));
        expect(begun.earlier).toEqual([]);

        expect(await store.listUploads(location)).toEqual([begun.id]);
        const resumed = await store.resumeUpload(location, begun.id);
        expect(resumed.earlier).toMatchObject([
          { number: 1, size: PART_BYTES, crc32: crc32(parts[0]) },
          { number: 3, size: 3, crc32: crc32(parts[2]) },
        ]);
        await resumed.uploadPart(2, parts[1], crc32(parts[1]));
        const whole = parts.reduce((sum, part) => combineCrc32(sum, crc32(part), part.length), 0);
        const size = 2 * PART_BYTES + 3;
        const { etag } = await resumed.complete({ crc32: whole, size, condition: { kind: 'absent' } });
        expect(crc32((await readAll(location, etag, size)).into)).toBe(whole);
        expect(await store.listUploads(location)).toEqual([]);
        const again = store.resumeUpload(location, begun.id);
        await expect(again).rejects.toMatchObject({ code: 'UPLOAD_GONE', retryable: true });
        await neighbor.abort();
      });

      it('drop the parts after the last one in the completion', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...BARE });
        const body = Buffer.from('body');
        await upload.uploadPart(10_000, Buffer.from('mark'), crc32(Buffer.from('mark')));
        await upload.uploadPart(1, body, crc32(body));
        expect((await store.resumeUpload(location, upload.id)).earlier.map(({ number }) => number)).toEqual([
          1, 10_000,
        ]);
        const { etag } = await upload.complete({
          crc32: crc32(body),
          size: 4,
          condition: { kind: 'absent' },
          lastPart: 1,
        });
        expect((await readAll(location, etag, 4)).into.toString()).toBe('body');
      });

      it('accept other objects as parts if those have not changed', async () => {
        const [location, stage] = [fresh(), at('a stage/of +parts')];
        const [first, second] = [Buffer.alloc(PART_BYTES, 7), Buffer.from('end')] as const;
        const { etag } = await put(stage, first);
        const upload = await store.createUpload({ ...location, ...BARE });
        await upload.takePart({ ...stage, etag }, { number: 1, size: first.length, crc32: crc32(first) });
        await upload.uploadPart(2, second, crc32(second));
        const changed = upload.takePart({ ...stage, etag: '0'.repeat(32) }, { number: 1, size: 1, crc32: 0 });
        await expect(changed).rejects.toMatchObject({ code: 'WRITE_CONDITION_FAILED' });
        const whole = combineCrc32(crc32(first), crc32(second), second.length);
        const size = first.length + second.length;
        const written = await upload.complete({ crc32: whole, size, condition: { kind: 'absent' } });
        expect(crc32((await readAll(location, written.etag, size)).into)).toBe(whole);
      });

      it('ignore an abort after their completion', async () => {
        const location = fresh();
        const upload = await store.createUpload({ ...location, ...BARE });
        const body = Buffer.from('x');
        await upload.uploadPart(1, body, crc32(body));
        await upload.complete({ crc32: crc32(body), size: 1, condition: { kind: 'always' } });
        await upload.abort();
        expect((await store.head(location))?.size).toBe(1);
      });
    });

    describe('removing', () => {
      it('removes only the given object', async () => {
        const location = fresh();
        const { etag } = await put(location, Buffer.from('1'));
        await store.remove({ ...location, etag: 'another' });
        expect(await store.head(location)).toBeDefined();
        await store.remove({ ...location, etag });
        expect(await store.head(location)).toBeUndefined();
        await store.remove({ ...location, etag });
      });
    });

    it('reports which bucket does not exist', async () => {
      const location = { bucket: 'no-such-bucket-anywhere', key: 'k' };
      const code = 'BUCKET_NOT_FOUND';
      await expect(readAll(location, 'e', 1)).rejects.toMatchObject({ code });
      await expect(put(location, Buffer.from('1'))).rejects.toMatchObject({ code });
      await expect(store.createUpload({ ...location, ...BARE })).rejects.toMatchObject({ code });
    });
  });
}

function partOf(parts: readonly Buffer[], number: number): Buffer {
  return parts[number - 1] ?? Buffer.alloc(0);
}
