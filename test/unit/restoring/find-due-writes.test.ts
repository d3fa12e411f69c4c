import { describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { crc32 } from '../../../src/archive/checksum.ts';
import { largeSliceLength } from '../../../src/archive/plan-frames.ts';
import { WorkerLostError } from '../../../src/compression/errors.ts';
import type { DeletionWatch } from '../../../src/restoring/deletions/deletion-watch.ts';
import type { RestoreRun } from '../../../src/restoring/dependencies.ts';
import { findDueWrite, skipDeletedDestinations } from '../../../src/restoring/find-due-writes.ts';
import { makeStampable, makeWriteTarget, type RestorableObject } from '../../../src/restoring/restorable-object.ts';
import { RestoreProgress } from '../../../src/restoring/restore-progress.ts';
import { createMarkedUpload, planUpload } from '../../../src/restoring/resume-upload.ts';
import { mayLackTags, planWrite, writeLaterTags } from '../../../src/restoring/split-write.ts';
import { withRestoredFrame } from '../../../src/restoring/with-restored-frame.ts';
import { headAndDecide } from '../../../src/restoring/write-object.ts';
import { stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectTag } from '../../../src/storage/stored-object.ts';
import { itemAt } from '../../support/archives.ts';
import { FailingObjectStore, type StoreCall } from '../../support/failing-object-store.ts';
import { areIdle } from '../../support/idle-buffers.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { exampleRule } from '../../support/rules.ts';
import { INBOUND, TARGET, TargetRegion } from '../../support/target-region.ts';

const LOCATION = { bucket: TARGET, key: 'k' };
const { signal } = new AbortController();
const destination = itemAt(exampleRule({}, [{ deletes: 'replicate' }]).destinations, 0);

function objectOf(sequencer: string, tags: readonly ObjectTag[] = []): RestorableObject {
  const body = Buffer.from('body');
  const stamp = stampOf({ origin: '0123abcd', eventTime: 1_700_000_000_000, sequencer, etag: 'e' });
  return {
    key: 'k',
    size: body.length,
    etag: 'e',
    crc32: crc32(body),
    headers: {},
    storageClass: 'STANDARD',
    stamp,
    ...makeStampable({}, tags, stamp),
  };
}

/** A run over a store that holds the object's upload from an earlier attempt. */
async function interrupted(object: RestorableObject, failing: Partial<Record<StoreCall, readonly number[]>> = {}) {
  const memory = new MemoryObjectStore();
  const region = new TargetRegion();
  const limits = { ...region.dependencies.limits, resumableBytes: 1 };
  const store = new FailingObjectStore(memory, failing);
  const run: RestoreRun = { ...region.dependencies, store, limits, wholeRun: 800, puts: pLimit(8), signal };
  const progress = new RestoreProgress({ bucket: INBOUND, key: 'rule/a.tar.zst' }, run);
  const plan = planUpload(object, destination, largeSliceLength(object.size), limits);
  if (plan === undefined) throw new Error('nothing to resume');
  await createMarkedUpload(memory, plan, signal);
  return { memory, store, region, run, progress };
}

describe('an object whose upload was interrupted', () => {
  test('leaves no parts behind if a newer version exists', async () => {
    const object = objectOf('02');
    const { memory, region, run, progress } = await interrupted(object);
    const newer = { ...objectOf('03') };
    await memory.place(LOCATION, Buffer.from('body'), makeWriteTarget(newer, destination));
    expect(await findDueWrite(object, destination, run, progress)).toBeUndefined();
    expect(region.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
  });

  test('leaves no parts behind if it was deleted at the source', async () => {
    const object = objectOf('02');
    const { memory, region, run, progress } = await interrupted(object);
    const watch = {
      isSuperseded: () => false,
      isDeleted: () => true,
      deleteEarlier: () => Promise.resolve(),
    } as unknown as DeletionWatch;
    expect(await skipDeletedDestinations(object, [destination], watch, { run, progress })).toEqual([]);
    expect(region.telemetry.skipped).toEqual([['k', 'deleted']]);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
  });

  test('keeps the parts of the earlier attempt if it still has to be written', async () => {
    const object = objectOf('02');
    const { memory, run, progress } = await interrupted(object);
    expect(await findDueWrite(object, destination, run, progress)).toMatchObject({ decision: { kind: 'write' } });
    expect(memory.uploadKeys(TARGET)).toEqual(['k']);
  });

  test('fails alone if the HEAD of its key fails', async () => {
    const object = objectOf('02');
    const { region, run, progress } = await interrupted(object, { head: [1] });
    expect(await findDueWrite(object, destination, run, progress)).toBeUndefined();
    expect(region.telemetry.failedObjects).toEqual([['k', 'STORAGE_UNAVAILABLE']]);
    expect(progress.failed).toBe(1);
  });
});

describe('tags that do not fit into a request', () => {
  const many = Array.from({ length: 10 }, (_, index) => ({ key: `${index}`, value: 'я'.repeat(250) }));
  const one = [{ key: 'team', value: 'x' }];

  test.each<[string, readonly ObjectTag[], number, boolean]>([
    ['no tags', [], 0, false],
    ['no tags, but the key has others', [], 5, false],
    ['few tags, and the key has none', one, 0, false],
    ['few tags, and the key has one', one, 1, false],
    ['many tags, and the key has none', many, 0, true],
    ['many tags, and the key has one, which may say that they are pending', many, 1, true],
    ['many tags, and the key has ten', many, 10, false],
  ])('are read only if they may be missing: %s', (_, tags, tagCount, expected) => {
    expect(mayLackTags({ tagCount }, objectOf('02', tags), destination)).toBe(expected);
  });

  async function put(versionId: string | undefined, etagAfterwards: string) {
    const calls: unknown[] = [];
    const memory = new MemoryObjectStore();
    const store = new FailingObjectStore(memory);
    store.putTags = (location) => {
      calls.push(location);
      return Promise.resolve();
    };
    const etag = await memory.place(LOCATION, Buffer.from('body'));
    const written = { etag: etagAfterwards === 'same' ? etag : 'ours', ...(versionId !== undefined && { versionId }) };
    await writeLaterTags(objectOf('02', many), destination, written, { store, signal });
    return { calls, heads: store.counts.head };
  }

  test('are put on the version that was written if the bucket keeps versions', async () => {
    expect(await put('v1', 'another')).toEqual({ calls: [{ ...LOCATION, versionId: 'v1' }], heads: 0 });
  });

  test.each([undefined, 'null'])(
    'are put on the current object if it does not, and a HEAD checks which one that was: %s',
    async (version) => {
      expect(await put(version, 'same')).toEqual({ calls: [LOCATION], heads: 1 });
      await expect(put(version, 'another')).rejects.toMatchObject({ code: 'TAGS_MISPLACED' });
    },
  );
});

describe('headAndDecide', () => {
  const many = Array.from({ length: 10 }, (_, index) => ({ key: `${index}`, value: 'я'.repeat(250) }));

  test('takes one request if the stamp is in the metadata', async () => {
    const { memory, store, run } = await interrupted(objectOf('02'));
    await memory.place(LOCATION, Buffer.from('body'), makeWriteTarget(objectOf('01'), destination));
    expect(await headAndDecide(objectOf('02'), destination, run)).toMatchObject({ kind: 'write', isConflict: false });
    expect(store.counts).toMatchObject({ head: 1, readTags: 0 });
  });

  test('puts missing tags, then reports the storage class that the write lost', async () => {
    const object = { ...objectOf('02', many), storageClass: 'OUTPOSTS' };
    const { memory, region, run } = await interrupted(object);
    await memory.place(LOCATION, Buffer.from('body'), planWrite(object, destination).target);
    expect(await headAndDecide(object, destination, run)).toEqual({ kind: 'settled', result: 'restored' });
    expect(memory.look(LOCATION)?.tags).toEqual(many);
    expect(region.telemetry.replacedClasses).toEqual([['k', 'OUTPOSTS']]);
  });
});

describe('the buffers of a frame', () => {
  const entry = { offset: 0, compressed: 4, decompressed: 10 };
  const opened = { archive: { ...LOCATION, etag: 'e', size: 4 }, tail: new Uint8Array(4) };

  test('are released if its worker is lost', async () => {
    const { dependencies, buffers } = new TargetRegion();
    const restore = () => Promise.reject(new WorkerLostError('killed'));
    const request = { opened, entry, slices: [], input: await buffers.compressed.acquire() };
    const using = withRestoredFrame(request, { ...dependencies, pool: { threads: 1, restore } }, () =>
      Promise.resolve(),
    );
    await expect(using).rejects.toThrow(WorkerLostError);
    expect(await areIdle(buffers.compressed, buffers.tar)).toBe(true);
  });

  test('are released if the frame does not fit, and the archive is refused', async () => {
    const { dependencies, buffers } = new TargetRegion();
    const input = await buffers.compressed.acquire();
    const large = { ...entry, compressed: input.byteLength + 1 };
    const using = withRestoredFrame({ opened, entry: large, slices: [], input }, dependencies, () => Promise.resolve());
    await expect(using).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    expect(await areIdle(buffers.compressed, buffers.tar)).toBe(true);
  });
});
