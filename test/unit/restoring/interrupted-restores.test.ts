import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { WRITE_IF_ABSENT } from '../../../src/restoring/decide-write.ts';
import type { RestoreRun } from '../../../src/restoring/dependencies.ts';
import { makeRestorableObject } from '../../../src/restoring/restorable-object.ts';
import { RestoreProgress } from '../../../src/restoring/restore-progress.ts';
import { SlicedObjectWrite } from '../../../src/restoring/write-sliced-object.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt, layOutArchive, type TestObject } from '../../support/archives.ts';
import { FailingObjectStore, type StoreCall } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { exampleRule } from '../../support/rules.ts';
import { archiveOf, INBOUND, RULE, TARGET, TargetRegion } from '../../support/target-region.ts';

const PLACE = { bucket: TARGET, key: 'large.bin' };
type Failing = Readonly<Partial<Record<StoreCall, readonly number[]>>>;

/** Bytes that differ at every offset. */
function body(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

/** Six frames, so six parts. */
const large: TestObject = { key: 'large.bin', body: body(48 * MIB), sequencer: '0B', metadata: [['a', 'b']] };

/** A region that resumes objects of 40 MiB and more; each attempt fails where the test says. */
async function arrive(object: TestObject = large) {
  const region = new TargetRegion();
  const limits = { ...region.dependencies.limits, resumableBytes: 40 * MIB };
  const message = await region.arrive(archiveOf([object]));
  const attempt = async (failing: Failing = {}, moment: 'before' | 'after' = 'before') => {
    const store = new FailingObjectStore(region.store, failing, { moment });
    region.dependencies = { ...region.dependencies, store, limits };
    const { batchItemFailures } = await region.process(message);
    return { counts: store.counts, returned: batchItemFailures.length };
  };
  return { region, attempt };
}

function expectRestored({ store }: TargetRegion, expected: TestObject = large): void {
  expect(store.look(PLACE)?.body.equals(Buffer.from(expected.body))).toBe(true);
  expect(store.look(PLACE)?.description.metadata).toMatchObject(Object.fromEntries(expected.metadata ?? []));
  expect(store.keys(INBOUND)).toEqual([]);
}

describe('a large object whose restore was interrupted', () => {
  test('is resumed without fetching or sending the stored parts again', async () => {
    const { region, attempt } = await arrive();
    // One marker and six parts: all but the last two arrive.
    expect((await attempt({ uploadPart: [6, 7] })).returned).toBe(1);

    const second = await attempt();

    expect(second.returned).toBe(0);
    expect(second.counts).toMatchObject({ createUpload: 0, resumeUpload: 1, uploadPart: 2, complete: 1 });
    expect(second.counts.read).toBeLessThanOrEqual(4);
    expectRestored(region);
    expect(await region.store.listUploads(PLACE)).toEqual([]);
  });

  test('is retried if the upload of an earlier attempt cannot be found, and is resumed then', async () => {
    const { region, attempt } = await arrive();
    await attempt({ uploadPart: [6, 7] });
    const second = await attempt({ listUploads: [1] });
    expect(second.returned).toBe(1);
    expect(second.counts).toMatchObject({ createUpload: 0, uploadPart: 0, complete: 0 });
    const third = await attempt();
    expect([third.returned, third.counts.createUpload]).toEqual([0, 0]);
    expectRestored(region);
  });

  test('only has to be completed if all parts are stored', async () => {
    const { region, attempt } = await arrive();
    expect((await attempt({ complete: [1] })).returned).toBe(1);
    const second = await attempt();
    expect(second.counts).toMatchObject({ createUpload: 0, uploadPart: 0, complete: 1 });
    expect(second.returned).toBe(0);
    expectRestored(region);
  });

  test('starts over if its upload has expired', async () => {
    const { region, attempt } = await arrive();
    await attempt({ uploadPart: [6] });
    for (const id of await region.store.listUploads(PLACE)) await (await region.store.resumeUpload(PLACE, id)).abort();
    const second = await attempt();
    expect(second.counts).toMatchObject({ createUpload: 1, uploadPart: 7 });
    expectRestored(region);
  });

  test('never resumes the upload of another version, even one with the same bytes', async () => {
    const { region, attempt } = await arrive();
    await attempt({ uploadPart: [6] });
    const [older] = await region.store.listUploads(PLACE);
    // As long as the other, so that the markers of the two differ only in their checksums.
    const newer: TestObject = { ...large, sequencer: '0C', metadata: [['a', 'c']] };
    const message = await region.arrive(archiveOf([newer]));
    expect((await region.process(message)).batchItemFailures).toEqual([]);
    expectRestored(region, newer);
    expect(await region.store.listUploads(PLACE)).toEqual([older]);
  });

  test.each<Failing>([{}, { listUploads: [1] }, { abort: [1] }])(
    'aborts its upload once a newer version has overtaken it, at the latest with the next delivery: %j fails',
    async (failing) => {
      const { region, attempt } = await arrive();
      await attempt({ uploadPart: [6] });
      const foreign = await region.store.createUpload({ ...PLACE, headers: {}, metadata: {}, tags: [] });
      const newer = archiveOf([{ key: 'large.bin', body: Buffer.from('newer'), sequencer: '0C' }]);
      expect((await region.process(await region.arrive(newer, `${RULE.id}/newer.tar.zst`))).batchItemFailures).toEqual(
        [],
      );
      expect(await region.store.listUploads(PLACE)).toHaveLength(2);

      const first = await attempt(failing);
      expect(first.returned).toBe(Object.keys(failing).length);
      if (first.returned > 0) expect((await attempt()).returned).toBe(0);

      expect(await region.store.listUploads(PLACE)).toEqual([foreign.id]);
      expect(region.text('large.bin')).toBe('newer');
      expect(region.telemetry.skipped).toContainEqual(['large.bin', 'newer-at-target']);
    },
  );

  test("does not touch another writer's upload to the same key", async () => {
    const { region, attempt } = await arrive();
    const foreign = await region.store.createUpload({ ...PLACE, headers: {}, metadata: {}, tags: [] });
    await foreign.uploadPart(1, Buffer.from('x'), crc32(Buffer.from('x')));
    expect((await attempt()).returned).toBe(0);
    expectRestored(region);
    expect(await region.store.listUploads(PLACE)).toEqual([foreign.id]);
  });

  test('is aborted and restarted if the parts of the earlier attempt have other bytes', async () => {
    const { region, attempt } = await arrive();
    await attempt({ uploadPart: [6] });
    const upload = await region.store.resumeUpload(PLACE, itemAt(await region.store.listUploads(PLACE), 0));
    const wrong = Buffer.alloc(8 * MIB, 'wrong');
    await upload.uploadPart(3, wrong, crc32(wrong));

    expect((await attempt()).returned).toBe(1);
    expect(region.telemetry.failedObjects.at(-1)).toEqual(['large.bin', 'RESUMED_UPLOAD_MISMATCH']);
    expect(await region.store.listUploads(PLACE)).toEqual([]);
    expect((await attempt()).returned).toBe(0);
    expectRestored(region);
  });

  test('has no upload to resume if it is small', async () => {
    const { attempt } = await arrive({ ...large, body: body(24 * MIB) });
    const first = await attempt();
    expect(first.counts).toMatchObject({ listUploads: 0, uploadPart: 3, createUpload: 1 });
  });
});

describe('an object of more slices than S3 has parts', () => {
  const SLICE = 512;
  const bytes = body(10_001 * SLICE - 100);
  const described = layOutArchive([{ key: 'large.bin', body: bytes }]).manifest.objects;
  const object = makeRestorableObject(itemAt(described, 0), 'origin');

  function write(memory: MemoryObjectStore, failing: Failing = {}) {
    const store = new FailingObjectStore(memory, failing);
    const region = new TargetRegion();
    const limits = { ...region.dependencies.limits, resumableBytes: 1 };
    const run = {
      ...region.dependencies,
      store,
      limits,
      signal: new AbortController().signal,
    } as unknown as RestoreRun;
    const progress = new RestoreProgress({ bucket: INBOUND, key: 'a' }, run);
    const destination = itemAt(exampleRule().destinations, 0);
    const sliced = new SlicedObjectWrite(object, SLICE, { destination, decision: WRITE_IF_ABSENT }, run, progress);
    const send = async (): Promise<void> => {
      await sliced.resume();
      for (let index = 10_000; index >= 0; index -= 1) {
        const slice = bytes.subarray(index * SLICE, (index + 1) * SLICE);
        if (sliced.wantsSlice(index)) await sliced.writeSlice(index, slice, crc32(slice));
      }
      await sliced.settle();
    };
    return { counts: store.counts, progress, send };
  }

  test('is sent in parts of many slices each, which are assembled in our own bucket', async () => {
    const memory = new MemoryObjectStore({ minimumPartSize: 1 });
    const { counts, progress, send } = write(memory);
    await send();
    expect(progress.restored).toBe(1);
    expect(memory.look(PLACE)?.body.equals(bytes)).toBe(true);
    // 157 parts of 64 slices, each staged separately.
    expect(counts).toMatchObject({ takePart: 157, createUpload: 158, complete: 158, remove: 157, abort: 0 });
    expect(memory.keys(INBOUND)).toEqual([]);
  });

  test('resumes after its whole parts, and discards partial ones', async () => {
    const memory = new MemoryObjectStore({ minimumPartSize: 1 });
    const first = write(memory, { takePart: [150] });
    await first.send();
    expect(first.progress.failed).toBe(1);

    const second = write(memory);
    await second.send();
    expect(second.progress.restored).toBe(1);
    expect(memory.look(PLACE)?.body.equals(bytes)).toBe(true);
    expect(second.counts.takePart).toBeLessThanOrEqual(10);
  });
});
