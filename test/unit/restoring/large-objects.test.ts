import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BucketNotFoundError } from '../../../src/aws/errors.ts';
import { ObjectNotFoundError, WriteConditionError } from '../../../src/storage/errors.ts';
import { MIB } from '../../../src/units.ts';
import { layOutArchive, readSeekTable, sealArchive, type TestObject } from '../../support/archives.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { exampleRule } from '../../support/rules.ts';
import {
  archiveOf,
  INBOUND,
  RULE,
  rejectOnAbort,
  TARGET,
  TargetRegion,
  textObject,
} from '../../support/target-region.ts';

const KEY = `${RULE.id}/a.tar.zst`;

/** Bytes that differ at every offset. */
function largeBody(size: number): Buffer {
  const body = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) body.writeUInt32LE(at, at);
  return body;
}

const large: TestObject = { key: 'large.bin', body: largeBody(20 * MIB + 17), sequencer: '0B' };
const archive = archiveOf([textObject('before', 'b'), large, textObject('after', 'a')]);

afterEach(() => {
  jest.useRealTimers();
});

describe('large objects', () => {
  test('are written as one multipart upload with a part per frame, byte for byte', async () => {
    const region = new TargetRegion();

    const response = await region.process(await region.arrive(archive));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.store.look({ bucket: TARGET, key: 'large.bin' })?.body.equals(large.body)).toBe(true);
    expect(region.calls.counts).toMatchObject({
      createUpload: 1,
      uploadPart: 3,
      complete: 1,
      abort: 0,
      put: 2,
      head: 1,
    });
  });

  test('are written in one plain PUT if they have one frame, even above 8 MiB', async () => {
    const region = new TargetRegion();
    const body = largeBody(11 * MIB);

    await region.process(await region.arrive(archiveOf([{ key: 'k', body }])));

    expect(region.store.look({ bucket: TARGET, key: 'k' })?.body.equals(body)).toBe(true);
    expect(region.calls.counts).toMatchObject({ put: 1, createUpload: 0 });
  });

  test('are decompressed once for several destinations', async () => {
    const rule = exampleRule({}, [{ bucket: 'one', storageClass: 'GLACIER_IR' }, { bucket: 'two' }]);
    const region = new TargetRegion({ rules: [rule] });

    await region.process(await region.arrive(archiveOf([large], rule.id), `${rule.id}/a.tar.zst`));

    expect(region.store.look({ bucket: 'one', key: 'large.bin' })?.body.equals(large.body)).toBe(true);
    expect(region.store.look({ bucket: 'two', key: 'large.bin' })?.body.equals(large.body)).toBe(true);
    expect(region.store.look({ bucket: 'one', key: 'large.bin' })?.description.storageClass).toBe('GLACIER_IR');
    expect(region.calls.counts.read).toBeLessThanOrEqual(4);
  });

  test('are checked again before completion, since a newer write of the same bytes has the same ETag', async () => {
    const location = { bucket: TARGET, key: 'large.bin' };
    const older = (sequencer: string, note: string) =>
      archiveOf([{ ...large, sequencer, metadata: [['note', note]] satisfies [string, string][] }]);
    const region = new TargetRegion({
      wrap: (store) =>
        new FailingObjectStore(
          store,
          {},
          {
            hold: (call, count) => {
              if (call !== 'uploadPart' || count !== 4) return undefined;
              // Another invocation restores the newest version while this one sends its parts.
              const other = new TargetRegion({ dependencies: { store } });
              return other.arriveIn(store, older('0D', 'newest'), `${RULE.id}/c.tar.zst`).then(async (message) => {
                await other.process(message);
              });
            },
          },
        ),
    });
    await region.process(await region.arrive(older('0B', 'first')));
    const first = region.store.look(location);

    await region.process(await region.arrive(older('0C', 'second'), `${RULE.id}/b.tar.zst`));

    expect(region.store.look(location)?.description.etag).toBe(first?.description.etag);
    expect(region.store.look(location)?.description.metadata['note']).toBe('newest');
    expect(region.telemetry.skipped).toEqual([['large.bin', 'newer-at-target']]);
    expect(region.store.uploadKeys(TARGET)).toEqual([]);
  });

  test('are neither fetched nor sent if a newer version exists', async () => {
    const region = new TargetRegion();
    await region.process(await region.arrive(archiveOf([{ ...textObject('large.bin', 'newer'), sequencer: '0C' }])));
    const reads = region.calls.counts.read;

    await region.process(await region.arrive(archive));

    expect(region.text('large.bin')).toBe('newer');
    expect(region.calls.counts.createUpload).toBe(0);
    expect(region.calls.counts.read - reads).toBeLessThanOrEqual(3);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('are never completed and leave no parts behind if their bytes differ from those at the source', async () => {
    const region = new TargetRegion();
    const { tarFrames, manifest } = layOutArchive([large, textObject('small', 's')]);
    const objects = manifest.objects.map((object) =>
      object.key === 'small' ? object : { ...object, crc32: '00000000' },
    );

    await region.process(
      await region.arrive(sealArchive({ tarFrames, manifest: { ...manifest, rule: RULE.id, objects } })),
    );

    expect(region.calls.counts).toMatchObject({ createUpload: 1, complete: 0, abort: 1 });
    expect(region.telemetry.failedObjects).toEqual([['large.bin', 'OBJECT_CHECKSUM_MISMATCH']]);
    expect(region.store.keys(TARGET)).toEqual(['small']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test('release all buffers and abort their upload if the archive disappears between two of their frames', async () => {
    const region = new TargetRegion();
    const gone = { error: () => new ObjectNotFoundError('expired') };
    const store = new FailingObjectStore(region.store, { read: [4, 5, 6, 7] }, gone);
    region.dependencies = { ...region.dependencies, store };
    const body = largeBody(40 * MIB);
    expect((await region.process(await region.arrive(archiveOf([{ key: 'k', body }])))).batchItemFailures).toEqual([]);
    expect(region.telemetry.gone).toHaveLength(1);
    // The first frame was sent, but nobody will complete its upload.
    expect(store.counts).toMatchObject({ createUpload: 1, abort: 1 });
    expect(region.store.uploadKeys(TARGET)).toEqual([]);
    const { compressed } = region.buffers;
    let free = 0;
    for (let buffer = 0; buffer < compressed.count; buffer += 1) void compressed.acquire().then(() => (free += 1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(free).toBe(compressed.count);
  });

  test('stop without fetching the rest if the archive disappears while another object is read', async () => {
    const region = new TargetRegion();
    const untilSent = async (): Promise<void> => {
      for (let turn = 0; turn < 100 && store.counts.uploadPart === 0; turn += 1) await nextTurn();
    };
    // After the tail, the reads are the frame of the small object, which fails once the first part of the large one is
    // sent, then that part's frame, then the next frame, which is still in flight at that time.
    const held: Readonly<Record<number, () => Promise<void>>> = { 2: untilSent, 4: nextTurn };
    const hold = (call: string, count: number) => (call === 'read' ? held[count]?.() : undefined);
    const error = () => new ObjectNotFoundError('expired');
    const store = new FailingObjectStore(region.store, { read: [2] }, { error, hold });
    region.dependencies = { ...region.dependencies, store };
    const bytes = archiveOf([textObject('small', 's'), { key: 'k', body: largeBody(32 * MIB) }]);
    expect((await region.process(await region.arrive(bytes))).batchItemFailures).toEqual([]);
    expect(region.telemetry.gone).toHaveLength(1);
    // A third frame gets the buffer of the one that failed. The fourth is not even fetched, and nobody will complete
    // the upload.
    expect(store.counts).toMatchObject({ read: 5, createUpload: 1, uploadPart: 3, complete: 0, abort: 1 });
    expect(region.store.uploadKeys(TARGET)).toEqual([]);
  });

  test('count as restored only once S3 has assembled their parts, if they have more frames than parts', async () => {
    const region = new TargetRegion();
    const hold = (call: string): Promise<void> | undefined => (call === 'takePart' ? nextTurn() : undefined);
    const store = new FailingObjectStore(region.store, {}, { hold });
    const limits = { ...region.dependencies.limits, maxParts: 2 };
    region.dependencies = { ...region.dependencies, store, limits };

    expect((await region.process(await region.arrive(archive))).batchItemFailures).toEqual([]);

    expect(store.counts).toMatchObject({ takePart: 1, complete: 2 });
    expect(region.store.look({ bucket: TARGET, key: 'large.bin' })?.body.equals(large.body)).toBe(true);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('fail and leave no parts behind if one of their frames is damaged', async () => {
    const region = new TargetRegion();
    const damaged = Buffer.from(archive);
    const [, , second] = readSeekTable(archive);
    if (second === undefined) throw new Error('expected more frames');
    damaged[second.offset + second.compressed - 2] = (damaged[second.offset + second.compressed - 2] ?? 0) ^ 0xff;

    await region.process(await region.arrive(damaged));

    expect(region.telemetry.failedObjects).toEqual([['large.bin', 'ARCHIVE_CORRUPT']]);
    expect(region.calls.counts.complete).toBe(0);
    expect(region.calls.counts.abort).toBe(region.calls.counts.createUpload);
    expect(region.store.keys(TARGET)).toEqual(['after', 'before']);
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });

  test.each([
    ['a part', { uploadPart: [2] }],
    ['the first part', { uploadPart: [1] }],
    ['the completion', { complete: [1] }],
  ])('abort their upload if %s fails, and succeed in the next attempt', async (_, failing) => {
    const store: { failing?: FailingObjectStore } = {};
    const region = new TargetRegion({ wrap: (memory) => (store.failing = new FailingObjectStore(memory, failing)) });
    const message = await region.arrive(archive);

    const first = await region.process(message);
    const firstCounts = { ...store.failing?.counts };
    const second = await region.process({ ...message, receiveCount: 2 });

    expect(first.batchItemFailures).toHaveLength(1);
    expect(firstCounts).toMatchObject({ createUpload: 1, abort: 1 });
    expect(region.telemetry.failedObjects).toEqual([['large.bin', 'STORAGE_UNAVAILABLE']]);
    expect(second.batchItemFailures).toEqual([]);
    expect(store.failing?.counts).toMatchObject({ createUpload: 2, abort: 1, put: 2 });
    expect(region.store.look({ bucket: TARGET, key: 'large.bin' })?.body.equals(large.body)).toBe(true);
  });

  test('count as restored if only the response to their completion was lost', async () => {
    const options = { moment: 'after' as const };
    const region = new TargetRegion({ wrap: (store) => new FailingObjectStore(store, { complete: [1] }, options) });

    const response = await region.process(await region.arrive(archive));

    expect(response.batchItemFailures).toEqual([]);
    expect(region.telemetry.skipped).toEqual([['large.bin', 'replay']]);
    expect(region.store.keys(INBOUND)).toEqual([]);
  });

  test('are retried if another writer wrote the key before their completion', async () => {
    const region = new TargetRegion();
    const failing = new FailingObjectStore(
      region.store,
      { complete: [1] },
      { error: () => new WriteConditionError('lost') },
    );
    region.dependencies = { ...region.dependencies, store: failing };
    const message = await region.arrive(archive);

    const response = await region.process(message);

    expect(response.batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual([['large.bin', 'WRITE_CONDITION_FAILED']]);
    expect(failing.counts.abort).toBe(1);
  });

  test('report an upload that could not be aborted', async () => {
    const region = new TargetRegion({
      wrap: (store) => new FailingObjectStore(store, { uploadPart: [1], abort: [1] }),
    });

    const response = await region.process(await region.arrive(archive));

    expect(response.batchItemFailures).toHaveLength(1);
    expect(region.telemetry.failedObjects).toEqual(Array(2).fill(['large.bin', 'STORAGE_UNAVAILABLE']));
  });

  test('can fail in one destination and succeed in the other', async () => {
    const rule = exampleRule({}, [{ bucket: 'one' }, { bucket: 'two' }]);
    const missing = { error: () => new BucketNotFoundError('no such bucket') };
    const region = new TargetRegion({
      rules: [rule],
      wrap: (store) => new FailingObjectStore(store, { createUpload: [2] }, missing),
    });

    await region.process(await region.arrive(archiveOf([large], rule.id), `${rule.id}/a.tar.zst`));

    expect(region.store.look({ bucket: 'one', key: 'large.bin' })?.body.equals(large.body)).toBe(true);
    expect(region.store.keys('two')).toEqual([]);
    expect(region.telemetry.failedObjects).toHaveLength(1);
    expect(region.store.keys(INBOUND)).toHaveLength(1);
  });

  test('abort their upload if the invocation ends in the middle of it', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const region = new TargetRegion();
    const store = new FailingObjectStore(region.store);
    const createUpload = store.createUpload.bind(store);
    const endsTheRun = async (...args: Parameters<typeof createUpload>): ReturnType<typeof createUpload> => {
      const upload = await createUpload(...args);
      const uploadPart = (partNumber: number, body: Uint8Array, crc32: number): Promise<void> => {
        if (partNumber !== 2) return upload.uploadPart(partNumber, body, crc32);
        const rejected = rejectOnAbort(args[1]);
        jest.runOnlyPendingTimers();
        return rejected;
      };
      return { ...upload, uploadPart };
    };
    region.dependencies = { ...region.dependencies, store: Object.assign(store, { createUpload: endsTheRun }) };
    const message = await region.arrive(archive);

    const response = await region.process(message);

    expect(response.batchItemFailures).toEqual([{ itemIdentifier: message.messageId }]);
    expect(region.telemetry.failures).toEqual([[message.messageId, 'RUN_DEADLINE']]);
    expect(store.counts).toMatchObject({ createUpload: 1, complete: 0, abort: 1 });
    expect(region.store.keys(INBOUND)).toEqual([KEY]);
  });
});
