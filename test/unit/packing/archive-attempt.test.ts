import { describe, expect, test } from '@jest/globals';
import { MIB } from '../../../src/archive/format.ts';
import type { CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { readManifest } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { inlineCompression, OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

const LIMITS = { parallelReads: 16, resumableBytes: 10 };
const TEN = '0123456789';

describe('an object of the size from which on an archive is resumed', () => {
  test('has a key without an attempt, and a record while it is packed; a smaller one has neither', async () => {
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

  test('is not begun by another message of the same process, which comes back when its lease is over', async () => {
    const inWork = new Set<string>();
    const first = new SourceServiceHarness({ limits: LIMITS });
    const message = await first.place('ten', TEN);
    await first.process(message);
    const [key = ''] = first.archiveKeys();
    inWork.add(key);
    const resuming = { bucket: PROGRESS, ownershipSeconds: 180, inWork };
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

test('an archive tells its bytes, the CPU time of objects and manifest, and the level that its manifest has', async () => {
  const compress = async (task: CompressFrameTask) => ({ ...(await inlineCompression.compress(task)), cpuSeconds: 2 });
  const service = new SourceServiceHarness({ pool: { ...inlineCompression, compress } });
  await service.process(await service.place('a', 'one'), await service.place('b', 'three'));
  const bytes = service.archive();
  expect(service.telemetry.archives).toMatchObject([
    { objects: 2, originalBytes: 8, archiveBytes: bytes.length, cpuSeconds: 4 },
  ]);
  expect(readManifest(bytes)).toMatchObject({ level: 3, targets: [{ region: 'us-east-1', bucket: 'target-bucket' }] });
});

test('nothing is uploaded when every object is gone, and no part of an archive stays', async () => {
  const service = new SourceServiceHarness();
  const messages = [await service.place('a', 'one'), await service.place('b', 'two')];
  for (const key of ['a', 'b']) service.memory.erase({ bucket: 'source-bucket', key });
  expect(await service.process(...messages)).toEqual([]);
  expect(service.telemetry.skipped.map(([key, reason]) => `${key} ${reason}`).toSorted()).toEqual(['a gone', 'b gone']);
  expect([service.archiveKeys(), service.memory.uploadKeys(OUTBOUND), service.telemetry.archives]).toEqual([
    [],
    [],
    [],
  ]);
});

test('an object that cannot be read to its end leaves its archive, which starts over without it and is still one', async () => {
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
