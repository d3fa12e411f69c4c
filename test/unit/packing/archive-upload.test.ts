import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';
import { ArchiveUpload, PART_BUFFER_SIZE } from '../../../src/packing/archive-upload.ts';
import { MIB } from '../../../src/units.ts';
import { FailingObjectStore, type FailingOptions, type StoreCall } from '../../support/failing-object-store.ts';
import { areIdle } from '../../support/idle-buffers.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const LOCATION = { bucket: 'outbound', key: 'rule/archive.tar.zst' };
const FRAMES = Array.from({ length: 7 }, () => randomBytes(5 * MIB));

function open(
  framesPerPart: number,
  failing: Readonly<Partial<Record<StoreCall, readonly number[]>>> = {},
  hold?: FailingOptions['hold'],
) {
  const memory = new MemoryObjectStore();
  const store = new FailingObjectStore(memory, failing, hold && { hold });
  const buffers = new BufferPool(PART_BUFFER_SIZE, 2);
  const { signal } = new AbortController();
  return {
    memory,
    store,
    buffers,
    upload: new ArchiveUpload({ store, location: LOCATION, isShared: false, buffers, signal, framesPerPart }),
  };
}

const sent = (memory: MemoryObjectStore) => memory.look(LOCATION)?.body.equals(Buffer.concat(FRAMES));

describe('an archive with several frames per part', () => {
  test('has the same bytes in fewer parts, each of whole frames', async () => {
    const { memory, store, upload } = open(4);
    for (const frame of FRAMES) await upload.append(frame);
    await upload.complete();
    expect(sent(memory)).toBe(true);
    expect(upload.parts.map(({ frames, size }) => [frames, size / MIB])).toEqual([
      [4, 20],
      [3, 15],
    ]);
    expect(store.counts).toMatchObject({ takePart: 2, createUpload: 3, complete: 3, remove: 2, abort: 0 });
    expect(memory.keys('outbound')).toEqual([LOCATION.key]);
  });

  test('is complete even if its only part was sent in pieces before the upload was created', async () => {
    for (const frames of [FRAMES.slice(0, 4), FRAMES]) {
      const { memory, upload } = open(10);
      for (const frame of frames) await upload.append(frame);
      await upload.complete();
      expect(memory.look(LOCATION)?.body.equals(Buffer.concat(frames))).toBe(true);
      expect(memory.keys('outbound')).toEqual([LOCATION.key]);
    }
  });

  test('assembles a part only once all of its pieces are stored', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    const { store, memory, upload } = open(4, {}, (call, count) =>
      call === 'uploadPart' && count === 1 ? released : undefined,
    );
    for (const frame of FRAMES.slice(0, 4)) await upload.append(frame);
    const done = upload.complete();
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(store.counts).toMatchObject({ takePart: 0, complete: 0 });
    release(undefined);
    await done;
    expect(memory.look(LOCATION)?.body.equals(Buffer.concat(FRAMES.slice(0, 4)))).toBe(true);
  });

  test('sends a part of one piece directly', async () => {
    const { memory, store, upload } = open(2);
    for (const frame of FRAMES) await upload.append(frame);
    await upload.complete();
    expect(sent(memory)).toBe(true);
    expect(upload.parts.map(({ frames }) => frames)).toEqual([2, 2, 2, 1]);
    expect(store.counts).toMatchObject({ takePart: 0, createUpload: 1, uploadPart: 4 });
  });

  test('never has a part that is too small, however well it compresses', async () => {
    const { memory, upload } = open(2);
    const small = Array.from({ length: 30 }, () => randomBytes(MIB));
    for (const frame of small) await upload.append(frame);
    await upload.complete();
    expect(memory.look(LOCATION)?.body.equals(Buffer.concat(small))).toBe(true);
    expect(upload.parts.map(({ frames }) => frames)).toEqual([8, 8, 8, 6]);
  });

  test.each([
    ['a seek table of 22 TB', 1, [MIB], 21 * MIB],
    ['a seek table of 50 TB', 597, [9 * MIB, MIB], 48_000_017],
    ['the metadata of many objects', 1, [MIB], 30 * MIB],
    ['data that exactly fills a piece', 1, [MIB], PART_BUFFER_SIZE - MIB],
  ])('never sends an unfinished piece that is too small before %s', async (_, framesPerPart, frames, end) => {
    const { memory, upload } = open(framesPerPart);
    const all = [...frames, end].map((size) => randomBytes(size));
    for (const bytes of all) await upload.append(bytes);
    // Like S3, the store refuses a part of less than 5 MiB unless it is the last.
    expect(await upload.complete()).toBe(all.reduce((sum, { length }) => sum + length, 0));
    expect(memory.look(LOCATION)?.body.equals(Buffer.concat(all))).toBe(true);
    expect(memory.keys('outbound')).toEqual([LOCATION.key]);
  });

  test.each([
    ['a piece', { uploadPart: [3] }],
    ['taking a part', { takePart: [1] }],
    ['completing a staged upload', { complete: [1] }],
  ])('can be aborted without leaving uploads or buffers behind if %s fails', async (_, failing) => {
    const { memory, buffers, upload } = open(4, failing);
    const packing = async (): Promise<void> => {
      for (const frame of FRAMES) await upload.append(frame);
      await upload.complete();
    };
    await expect(packing()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await upload.abort();
    expect(memory.keys('outbound').filter((key) => key === LOCATION.key)).toEqual([]);
    expect(memory.uploadKeys('outbound')).toEqual([]);
    // All buffers are free again.
    await Promise.all([buffers.acquire(), buffers.acquire()]);
  });
});

test('aborting an upload waits for the parts that are still being sent, whose buffers are in use', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
  const events: string[] = [];
  const memory = new MemoryObjectStore();
  const store = new FailingObjectStore(memory);
  const createUpload = store.createUpload.bind(store);
  store.createUpload = async (...args) => {
    const upload = await createUpload(...args);
    return {
      ...upload,
      uploadPart: async () => {
        await released;
        events.push('part');
      },
      abort: () => {
        events.push('abort');
        return Promise.resolve();
      },
    };
  };
  const buffers = new BufferPool(PART_BUFFER_SIZE, 2);
  const { signal } = new AbortController();
  const upload = new ArchiveUpload({ store, location: LOCATION, isShared: false, buffers, signal, framesPerPart: 1 });
  await upload.append(randomBytes(9 * MIB));
  const aborted = upload.abort().then(() => events.push('returned'));
  await new Promise(setImmediate);
  expect(events).toEqual([]);
  release(undefined);
  await aborted;
  expect(events).toEqual(['part', 'abort', 'returned']);
});

describe('an archive of one frame per part', () => {
  const frame = Buffer.alloc(9 * MIB, 'a');

  test('describes each part so that it can be recognized, and has the content type of zstd', async () => {
    const { memory, upload } = open(1);
    await upload.append(frame);
    await upload.append(Buffer.from('the end'));
    await upload.complete();
    expect(upload.parts).toEqual([
      { frames: 1, size: 9 * MIB, crc32: crc32(frame) },
      { frames: 1, size: 7, crc32: crc32(Buffer.from('the end')) },
    ]);
    expect(memory.look(LOCATION)?.description.headers).toEqual({ contentType: 'application/zstd' });
  });

  test('accepts no further frame after S3 has refused one', async () => {
    const { upload, buffers } = open(1, { uploadPart: [1] });
    await upload.append(frame);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    await expect(upload.append(frame)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await upload.abort();
    expect(await areIdle(buffers)).toBe(true);
  });

  test('has no trailing bytes from an earlier attempt', async () => {
    const { memory, upload } = open(1);
    const earlier = await memory.createUpload({ ...LOCATION, headers: {}, metadata: {}, tags: [] });
    for (const number of [1, 2, 3]) await earlier.uploadPart(number, frame, crc32(frame));
    upload.resume(await memory.resumeUpload(LOCATION, earlier.id), [
      { frames: 1, size: frame.length, crc32: crc32(frame) },
    ]);
    await upload.append(Buffer.from('the end'));
    expect(await upload.complete()).toBe(frame.length + 7);
    expect(memory.look(LOCATION)?.body.equals(Buffer.concat([frame, Buffer.from('the end')]))).toBe(true);
  });
});

test('a small archive releases its buffer if S3 has stored it, even if the response was lost', async () => {
  const memory = new MemoryObjectStore();
  const store = new FailingObjectStore(memory, { put: [1] }, { moment: 'after' });
  const buffers = new BufferPool(PART_BUFFER_SIZE, 1);
  const { signal } = new AbortController();
  const upload = new ArchiveUpload({ store, location: LOCATION, isShared: false, buffers, signal, framesPerPart: 1 });
  await upload.append(Buffer.from('small'));
  expect(await upload.complete()).toBe(5);
  expect(await areIdle(buffers)).toBe(true);
  // Suspending it after a later failure does not release a buffer twice: all are taken.
  await upload.suspend();
  expect(await areIdle(buffers)).toBe(false);
});
