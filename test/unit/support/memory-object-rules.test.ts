import { expect, it } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const location = { bucket: 'b', key: 'k' };
const body = Buffer.from('body');
const target = { ...location, headers: {}, metadata: {}, tags: [] };

it('refuses a body whose checksum differs from the announced one', async () => {
  const store = new MemoryObjectStore();
  const writing = store.put({ ...target, body, crc32: crc32(body) ^ 1, condition: { kind: 'always' } });
  await expect(writing).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', context: { s3Code: 'BadDigest' } });
  expect(store.look(location)).toBeUndefined();
});

it('refuses an upload whose parts do not add up', async () => {
  const upload = await new MemoryObjectStore({ minimumPartSize: 2 }).createUpload(target);
  await upload.uploadPart(1, body, crc32(body));
  const condition = { kind: 'always' } as const;
  await expect(upload.complete({ crc32: 1, size: 4, condition })).rejects.toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
  });
  const wrongSize = upload.complete({ crc32: crc32(body), size: 5, condition });
  await expect(wrongSize).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
  await upload.uploadPart(2, Buffer.from('!'), crc32(Buffer.from('!')));
  await upload.uploadPart(3, Buffer.from('!'), crc32(Buffer.from('!')));
  const all = Buffer.from('body!!');
  const shortPart = upload.complete({ crc32: crc32(all), size: 6, condition });
  await expect(shortPart).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
});

it.each([
  ['more than 2 KB of metadata', { metadata: { a: 'x'.repeat(2048) } }],
  ['more than ten tags', { tags: Array.from({ length: 11 }, (_, n) => ({ key: `${n}`, value: '' })) }],
  ['a key of more than 1,024 bytes', { key: 'é'.repeat(513) }],
])('refuses %s', async (_, excess) => {
  const writing = new MemoryObjectStore().put({
    ...target,
    ...excess,
    body,
    crc32: crc32(body),
    condition: { kind: 'always' },
  });
  await expect(writing).rejects.toMatchObject({ code: 'STORAGE_REJECTED' });
});

it('refuses reads of sealed objects', async () => {
  const store = new MemoryObjectStore();
  const etag = await store.place(location, body);
  const read = () => store.read({ ...location, etag, into: Buffer.alloc(4) });
  await read();
  store.seal(location, 'archived');
  await expect(read()).rejects.toMatchObject({ code: 'OBJECT_ARCHIVED' });
  store.seal(location, 'customer-key');
  await expect(read()).rejects.toMatchObject({ code: 'OBJECT_CUSTOMER_KEY' });
});

it('keeps its own copy of a body', async () => {
  const store = new MemoryObjectStore();
  const reused = Buffer.from('before');
  const writing = store.place(location, reused);
  reused.fill('x');
  await writing;
  expect(store.look(location)?.body.toString()).toBe('before');
});
