import { expect, it } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const location = { bucket: 'b', key: 'k' };
const body = Buffer.from('x');
const target = { ...location, headers: {}, metadata: {}, tags: [] };
const request = { ...target, body, crc32: crc32(body), condition: { kind: 'absent' } } as const;

it('fails the configured calls, and counts all calls', async () => {
  const store = new FailingObjectStore(new MemoryObjectStore(), { put: [1] });
  await expect(store.put(request)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect(await store.head(location)).toBeUndefined();
  await store.put(request);
  expect(await store.head(location)).toBeDefined();
  expect(store.counts).toMatchObject({ put: 2, head: 2, read: 0 });
});

it('can lose a response instead', async () => {
  const error = new Error('lost');
  const store = new FailingObjectStore(new MemoryObjectStore(), { put: [1] }, { moment: 'after', error: () => error });
  await expect(store.put(request)).rejects.toBe(error);
  expect(await store.head(location)).toBeDefined();
});

it('covers multipart uploads', async () => {
  const store = new FailingObjectStore(new MemoryObjectStore(), { uploadPart: [2], complete: [1] });
  const upload = await store.createUpload(target);
  await upload.uploadPart(1, body, crc32(body));
  await expect(upload.uploadPart(2, body, crc32(body))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  const complete = () => upload.complete({ crc32: crc32(body), size: 1, condition: { kind: 'absent' } });
  await expect(complete()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await complete();
  expect(store.counts).toMatchObject({ createUpload: 1, uploadPart: 2, complete: 2 });
});
