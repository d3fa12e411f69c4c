import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { combineCrc32, crc32 } from '../../../src/archive/checksum.ts';
import { StagedPart } from '../../../src/storage/staged-part.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const TARGET = { bucket: 'target', key: 'object', headers: {}, metadata: {}, tags: [] };
const STAGE = { bucket: 'ours', key: '_staging/1' };
const signal = new AbortController().signal;
const pieces = [randomBytes(1000), randomBytes(1000), randomBytes(3)] as const;
const whole = Buffer.concat(pieces);

test('pieces in any order become one part, and nothing is left behind', async () => {
  const store = new MemoryObjectStore({ minimumPartSize: 1 });
  const upload = await store.createUpload(TARGET);
  const staged = new StagedPart(store, STAGE, signal);

  await Promise.all(
    [2, 0, 1].map((index) => staged.write(index, pieces[index] ?? whole, crc32(pieces[index] ?? whole))),
  );
  const uploads = store.uploadKeys('ours');
  expect(uploads.filter((key) => key.startsWith(`${STAGE.key}-`))).toHaveLength(1);
  await staged.moveTo(upload, 1);
  const end = Buffer.from('end');
  await upload.uploadPart(2, end, crc32(end));
  const checksum = combineCrc32(crc32(whole), crc32(end), end.length);
  await upload.complete({ crc32: checksum, size: whole.length + 3, condition: { kind: 'absent' } });

  expect(store.look(TARGET)?.body.equals(Buffer.concat([whole, end]))).toBe(true);
  expect(store.keys('ours')).toEqual([]);
});

test('pieces are assembled unconditionally, since only an earlier try can have written their unique key', async () => {
  const conditions: unknown[] = [];
  const store = new MemoryObjectStore({ minimumPartSize: 1 });
  const upload = await store.createUpload(TARGET);
  const createUpload = store.createUpload.bind(store);
  store.createUpload = async (target, stop) => {
    const opened = await createUpload(target, stop);
    const complete = opened.complete.bind(opened);
    return Object.assign(opened, {
      complete: (request: Parameters<typeof complete>[0]) => {
        conditions.push(request.condition);
        return complete(request);
      },
    });
  };
  const staged = new StagedPart(store, STAGE, signal);
  await staged.write(0, pieces[0], crc32(pieces[0]));
  await staged.moveTo(upload, 1);
  expect(conditions).toEqual([{ kind: 'always' }]);
});

test('aborting a part aborts the upload of its pieces', async () => {
  const memory = new MemoryObjectStore({ minimumPartSize: 1 });
  const store = new FailingObjectStore(memory, { uploadPart: [2] });
  const staged = new StagedPart(store, STAGE, signal);
  await staged.write(0, pieces[0], crc32(pieces[0]));
  await expect(staged.write(1, pieces[1], crc32(pieces[1]))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  await staged.abort();
  expect(memory.uploadKeys('ours')).toEqual([]);
});

test('no piece is sent after the work was stopped', async () => {
  const store = new MemoryObjectStore();
  const stopped = AbortSignal.abort(new Error('stopped'));
  const staged = new StagedPart(store, STAGE, stopped);
  await expect(staged.write(0, pieces[0], crc32(pieces[0]))).rejects.toThrow('stopped');
  expect(store.uploadKeys('ours')).toEqual([]);
});

test('a part without pieces has nothing to abort', async () => {
  const store = new FailingObjectStore(new MemoryObjectStore());
  await new StagedPart(store, STAGE, signal).abort();
  expect(store.counts.abort).toBe(0);
});

test("two tasks that stage the same part do not replace each other's pieces", async () => {
  const store = new MemoryObjectStore({ minimumPartSize: 1 });
  const [one, other] = [Buffer.from('one'), Buffer.from('the other')];
  const upload = await store.createUpload(TARGET);
  const stages = [one, other].map((bytes) => ({ bytes, staged: new StagedPart(store, STAGE, signal) }));
  for (const { bytes, staged } of stages) await staged.write(0, bytes, crc32(bytes));
  // Both have assembled their pieces before either part is copied into place.
  const together = Promise.withResolvers<undefined>();
  let waiting = 0;
  const patient: typeof upload = Object.assign(Object.create(upload) as typeof upload, {
    takePart: async (...part: Parameters<typeof upload.takePart>) => {
      waiting += 1;
      if (waiting === stages.length) together.resolve(undefined);
      await together.promise;
      await upload.takePart(...part);
    },
  });
  await Promise.all(stages.map(({ staged }, index) => staged.moveTo(patient, index + 1)));
  const both = Buffer.concat([one, other]);
  await upload.complete({ crc32: crc32(both), size: both.length, condition: { kind: 'absent' } });
  expect(store.look(TARGET)?.body.equals(both)).toBe(true);
  expect(store.keys('ours')).toEqual([]);
});
