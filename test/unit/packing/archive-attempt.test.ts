import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { createFixedLevel } from '../../../src/adaptive/fixed-level.ts';
import type { FrameOutcome } from '../../../src/adaptive/level-policy.ts';
import { MAX_FRAME_SIZE } from '../../../src/archive/format.ts';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';
import type { CompressedFrame, CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { compressBound } from '../../../src/compression/zstd-frames.ts';
import { PART_BUFFER_SIZE } from '../../../src/packing/archive-upload.ts';
import type { PackingDependencies } from '../../../src/packing/dependencies.ts';
import { ObjectArchivedError, UnavailableStorageError } from '../../../src/storage/errors.ts';
import { MIB } from '../../../src/units.ts';
import { createPackingBuffers } from '../../../src/wiring/packing-buffers.ts';
import { itemAt, readManifest } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { areIdle } from '../../support/idle-buffers.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { inlineCompression, OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

const LIMITS = { parallelReads: 16, resumableBytes: 10 };
const TEN = '0123456789';

describe('an object large enough for a resumable archive', () => {
  test('has a progress record and a key without an attempt, unlike a smaller one', async () => {
    const memory = new SourceServiceHarness().memory;
    const store = new FailingObjectStore(memory);
    const service = new SourceServiceHarness({ store, limits: LIMITS });
    const place = async (key: string, body: string) => {
      await memory.place({ bucket: 'source-bucket', key }, Buffer.from(body));
      return service.place(key, body);
    };
    expect(await service.process(await place('nine', TEN.slice(1)))).toEqual([]);
    expect(store.counts).toMatchObject({ createUpload: 0, put: 1, head: 0 });
    expect(memory.keys(OUTBOUND)).toEqual([expect.stringMatching(/-[0-9a-f]{32}-[0-9a-f]{16}\.tar\.zst$/)]);

    expect(await service.process(await place('ten', TEN))).toEqual([]);
    expect(store.counts).toMatchObject({ createUpload: 1, complete: 1 });
    expect(memory.keys(OUTBOUND)).toContainEqual(expect.stringMatching(/Z-[0-9a-f]{32}\.tar\.zst$/));
    expect(memory.keys(PROGRESS)).toEqual([]);
  });

  test('is not started by another message in the same process, which waits until the lease expires', async () => {
    const inWork = new Set<string>();
    const first = new SourceServiceHarness({ limits: LIMITS });
    const message = await first.place('ten', TEN);
    await first.process(message);
    const [key = ''] = first.archiveKeys();
    inWork.add(key);
    const resuming = { bucket: PROGRESS, ownershipSeconds: 180, inProgress: inWork };
    const store = new FailingObjectStore(first.memory);
    const second = new SourceServiceHarness({ store, limits: LIMITS, resuming });
    expect(await second.process(message)).toEqual([]);
    expect([second.queue.again, second.queue.againAfter]).toEqual([[message], [180]]);
    expect(second.telemetry.inWork).toEqual([[key, 180]]);
    expect(Object.values(store.counts).every((count) => count === 0)).toBe(true);

    inWork.clear();
    await second.process(message);
    expect(second.telemetry.skipped).toEqual([['ten', 'packed-before']]);
    expect(inWork.size).toBe(0);
  });
});

test('an archive reports its bytes and the CPU time of objects and manifest, and has its level in the manifest', async () => {
  const compress = async (task: CompressFrameTask) => ({ ...(await inlineCompression.compress(task)), cpuSeconds: 2 });
  const service = new SourceServiceHarness({ pool: { ...inlineCompression, compress } });
  await service.process(await service.place('a', 'one'), await service.place('b', 'three'));
  const bytes = service.archive();
  expect(service.telemetry.archives).toMatchObject([
    { objects: 2, originalBytes: 8, archiveBytes: bytes.length, cpuSeconds: 4 },
  ]);
  expect(readManifest(bytes)).toMatchObject({ level: 3, targets: [{ region: 'us-east-1', bucket: 'target-bucket' }] });
});

test('the level policy receives each frame with the result of the test on it', async () => {
  const told: FrameOutcome[] = [];
  const policy = createFixedLevel(3);
  const levels = {
    ...policy,
    plan: () => ({ ...policy.plan(), note: (outcome: FrameOutcome) => void told.push(outcome) }),
  };
  const test = { fraction: 0.5, isPacked: true };
  const compress = async (task: CompressFrameTask) => ({ ...(await inlineCompression.compress(task)), test });
  const service = new SourceServiceHarness({ levels, pool: { ...inlineCompression, compress } });
  await service.process(await service.place('a.json', '{}'));
  expect(told).toMatchObject([{ expected: 'text', level: 3, reason: 'configured', test }]);
});

test('an archive releases all of its buffers, whether it succeeds or fails', async () => {
  const { memory } = new SourceServiceHarness();
  const pools = () => ({
    inputs: new BufferPool(MAX_FRAME_SIZE, 2),
    outputs: new BufferPool(compressBound(MAX_FRAME_SIZE), 2),
    parts: new BufferPool(PART_BUFFER_SIZE, 2),
  });
  const packed = pools();
  const service = new SourceServiceHarness({ buffers: packed });
  await service.process(await service.place('a', 'one'));
  expect(await areIdle(packed.inputs, packed.outputs, packed.parts)).toBe(true);

  const failed = pools();
  const store = new FailingObjectStore(memory, { put: [1] });
  const failing = new SourceServiceHarness({ store, buffers: failed });
  await memory.place({ bucket: 'source-bucket', key: 'a' }, Buffer.from('one'));
  expect(await failing.process(await failing.place('a', 'one'))).toHaveLength(1);
  expect(await areIdle(failed.inputs, failed.outputs, failed.parts)).toBe(true);
});

test('a resumable object that no longer exists leaves neither upload nor record', async () => {
  const service = new SourceServiceHarness({ limits: LIMITS });
  const message = await service.place('ten', TEN);
  service.memory.erase({ bucket: 'source-bucket', key: 'ten' });
  expect(await service.process(message)).toEqual([]);
  expect(service.telemetry.skipped).toEqual([['ten', 'gone']]);
  expect(service.memory.uploadKeys(OUTBOUND)).toEqual([]);
  expect([service.memory.keys(OUTBOUND), service.memory.keys(PROGRESS)]).toEqual([[], []]);
});

test('nothing is uploaded if no object exists any longer', async () => {
  let frames = 0;
  const compress = (task: CompressFrameTask) => {
    frames += 1;
    return inlineCompression.compress(task);
  };
  const service = new SourceServiceHarness({ pool: { ...inlineCompression, compress } });
  const messages = [await service.place('a', 'one'), await service.place('b', 'two')];
  for (const key of ['a', 'b']) service.memory.erase({ bucket: 'source-bucket', key });
  expect(await service.process(...messages)).toEqual([]);
  expect(frames).toBe(0);
  expect(service.telemetry.skipped.map(([key, reason]) => `${key} ${reason}`).toSorted()).toEqual(['a gone', 'b gone']);
  expect([service.archiveKeys(), service.memory.uploadKeys(OUTBOUND), service.telemetry.archives]).toEqual([
    [],
    [],
    [],
  ]);
});

test('an object that cannot be read to its end is left out, and its archive starts over without it', async () => {
  const { memory } = new SourceServiceHarness();
  const store = new FailingObjectStore(memory, { read: [2] });
  const service = new SourceServiceHarness({ store });
  const place = async (key: string, body: Buffer) => {
    await memory.place({ bucket: 'source-bucket', key }, body);
    return service.place(key, body);
  };
  const large = await place('large', Buffer.alloc(20 * MIB));
  const small = [await place('a', Buffer.from('one')), await place('b', Buffer.from('two'))];
  expect(await service.process(large, ...small)).toEqual([large.messageId]);
  expect(service.telemetry.archives).toMatchObject([{ objects: 2, originalBytes: 6 }]);
  expect(service.telemetry.failures.map(([, code]) => code)).toEqual(['STORAGE_UNAVAILABLE']);
});

describe('an archive of two frames, for two content classes', () => {
  /** The frames being compressed, each with the call that ends it. */
  async function begin(overrides: Partial<PackingDependencies> = {}) {
    const frames: {
      readonly task: CompressFrameTask;
      readonly fail: (reason: Error) => void;
      readonly end: () => void;
    }[] = [];
    const compress = (task: CompressFrameTask) =>
      new Promise<CompressedFrame>((resolve, fail) => {
        frames.push({ task, fail, end: () => void inlineCompression.compress(task).then(resolve, fail) });
      });
    const buffers = createPackingBuffers(1);
    const service = new SourceServiceHarness({ pool: { ...inlineCompression, compress }, buffers, ...overrides });
    const messages = [await service.place('a.json', '{}'), await service.place('b.parquet', 'PAR1')];
    let isDone = false;
    const done = service.process(...messages).finally(() => {
      isDone = true;
    });
    const turns = async (until: () => boolean) => {
      for (let turn = 0; turn < 100 && !until(); turn += 1) await nextTurn();
    };
    const frameOf = (key: string) =>
      itemAt(
        frames.filter(({ task }) => task.slices.some(({ name }) => name.includes(key))),
        0,
      );
    return { frames, frameOf, service, buffers, messages, done, turns, isDone: () => isDone };
  }

  test('compresses both at once and appends them in order, whichever finishes first', async () => {
    const { frames, frameOf, service, done, turns } = await begin();
    await turns(() => frames.length === 2);
    const { lastModified } = (await service.memory.head({ bucket: 'source-bucket', key: 'a.json' })) ?? {};
    expect(frameOf('a.json').task.slices).toMatchObject([{ modified: (lastModified?.getTime() ?? 0) / 1000 }]);
    frameOf('a.json').end();
    await nextTurn();
    frameOf('b.parquet').end();
    await turns(() => frames.length === 3);
    frameOf('manifest').end();
    expect(await done).toEqual([]);
    expect(readManifest(service.archive()).objects.map(({ key, frame }) => [key, frame])).toEqual([
      ['b.parquet', 0],
      ['a.json', 1],
    ]);
  });

  test('releases the buffers of both and fails once if the first fails after the second has finished', async () => {
    const { frames, frameOf, buffers, messages, done, turns } = await begin();
    await turns(() => frames.length === 2);
    frameOf('a.json').end();
    await nextTurn();
    frameOf('b.parquet').fail(new UnavailableStorageError('not caused by one object'));
    expect(await done).toEqual(messages.map(({ messageId }) => messageId));
    expect(await areIdle(buffers.inputs, buffers.outputs, buffers.parts)).toBe(true);
  });

  test('waits for the first frame after the second has failed, then fails', async () => {
    const { frames, frameOf, messages, done, turns, isDone } = await begin();
    await turns(() => frames.length === 2);
    frameOf('a.json').fail(new UnavailableStorageError('not caused by one object'));
    await turns(isDone);
    expect(isDone()).toBe(false);
    frameOf('b.parquet').end();
    expect(await done).toEqual(messages.map(({ messageId }) => messageId));
  });

  test('aborts the reads of one frame if the other fails', async () => {
    const { memory } = new SourceServiceHarness();
    const store = new FailingObjectStore(memory);
    const read = store.read.bind(store);
    store.read = (request) => {
      if (request.key === 'b.parquet') return read(request);
      return new Promise((_, reject) => {
        request.signal?.addEventListener('abort', () => {
          reject(request.signal?.reason as Error);
        });
      });
    };
    for (const [key, body] of [
      ['a.json', '{}'],
      ['b.parquet', 'PAR1'],
    ] as const) {
      await memory.place({ bucket: 'source-bucket', key }, Buffer.from(body));
    }
    const { frames, frameOf, messages, done, turns } = await begin({ store });
    await turns(() => frames.length === 1);
    frameOf('b.parquet').fail(new UnavailableStorageError('not caused by one object'));
    expect(await done).toEqual(messages.map(({ messageId }) => messageId));
  });
});

describe('an attempt that gives up', () => {
  /** A resumable object whose read fails, as the test says, after it has begun. */
  async function begin(failure: Error, whileReading: (memory: MemoryObjectStore) => Promise<unknown>) {
    const { memory } = new SourceServiceHarness();
    const store = new FailingObjectStore(memory);
    store.read = async (request) => {
      if (request.bucket !== 'source-bucket') return memory.read(request);
      await whileReading(memory);
      throw failure;
    };
    await memory.place({ bucket: 'source-bucket', key: 'ten' }, Buffer.from(TEN));
    const service = new SourceServiceHarness({ store, limits: LIMITS });
    await service.process(await service.place('ten', TEN));
    return { memory, service, counts: store.counts };
  }

  test('removes nothing if another worker has taken over the archive', async () => {
    const { memory, service, counts } = await begin(new ObjectArchivedError('in GLACIER'), async (memory) => {
      const [key = ''] = memory.keys(PROGRESS);
      const record = memory.look({ bucket: PROGRESS, key })?.body.toString() ?? '';
      const other = record.replace(/^\S{36}/, '00000000-0000-0000-0000-000000000000');
      await memory.place({ bucket: PROGRESS, key }, Buffer.from(other));
    });
    expect(counts.abort).toBe(0);
    expect(memory.uploadKeys(OUTBOUND)).toHaveLength(1);
    expect(memory.keys(PROGRESS)).toHaveLength(1);
    expect([service.queue.letters, service.queue.again.length]).toEqual([[], 1]);
  });

  test('aborts its upload and removes its record if the object is refused', async () => {
    const { memory, service } = await begin(new ObjectArchivedError('in GLACIER'), () => Promise.resolve());
    expect([memory.uploadKeys(OUTBOUND), memory.keys(PROGRESS)]).toEqual([[], []]);
    expect(service.queue.letters.map(({ reason }) => reason.code)).toEqual(['OBJECT_ARCHIVED']);
  });

  test('stops renewing the lease', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      await begin(new UnavailableStorageError('503'), () => Promise.resolve());
      await begin(new ObjectArchivedError('in GLACIER'), () => Promise.resolve());
      await begin(new ObjectArchivedError('in GLACIER'), async (memory) => {
        const [key = ''] = memory.keys(PROGRESS);
        await memory.place({ bucket: PROGRESS, key }, Buffer.from("another task's"));
        jest.advanceTimersByTime(60_000);
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      });
      jest.advanceTimersByTime(1);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
