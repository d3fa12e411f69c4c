import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { ObjectArchivedError } from '../../../src/storage/errors.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt, readArchive } from '../../support/archives.ts';
import type { StoreCall } from '../../support/failing-object-store.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { EVENT_TIME } from '../../support/notifications.ts';
import { OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

/** Incompressible: seven frames, one part each, and an eighth part with the manifest. */
const BODY = randomBytes(56 * MIB);
const LIMITS = { parallelReads: 16, resumableBytes: 40 * MIB };

type Failing = Readonly<Partial<Record<StoreCall, readonly number[]>>>;

/** One object, and services that share the storage, each a separate task. */
async function interrupt(failing: Failing, moment: 'before' | 'after' = 'before', error?: Error) {
  const first = new SourceServiceHarness({ limits: LIMITS });
  const { memory } = first;
  const message = await first.place('large.bin', BODY);
  const attempt = async (calls: Failing, when: 'before' | 'after' = 'before') => {
    const store = new FailingObjectStore(memory, calls, { moment: when, ...(error && { error: () => error }) });
    const service = new SourceServiceHarness({ store, limits: LIMITS });
    return { counts: store.counts, returned: await service.process(message), service };
  };
  return { memory, message, attempt, interrupted: await attempt(failing, moment) };
}

function expectArchived(memory: MemoryObjectStore): void {
  const key = itemAt(memory.keys(OUTBOUND), 0);
  const archive = memory.look({ bucket: OUTBOUND, key });
  const [restored] = readArchive(archive?.body ?? Buffer.alloc(0));
  expect(restored?.body.equals(BODY)).toBe(true);
  expect(memory.keys(OUTBOUND)).toEqual([key]);
  expect(memory.keys(PROGRESS)).toEqual([]);
}

const uploadsLeft = (memory: MemoryObjectStore, key: string) => memory.listUploads({ bucket: OUTBOUND, key });
/** The progress record has the key of its archive. */
const archiveKeyOf = (memory: MemoryObjectStore) => itemAt(memory.keys(PROGRESS), 0);

describe('the archive of a large object', () => {
  test('resumes after the parts of an interrupted attempt', async () => {
    const { memory, attempt, interrupted } = await interrupt({ uploadPart: [7] });
    expect(interrupted.returned).toHaveLength(1);
    const key = archiveKeyOf(memory);
    expect(await uploadsLeft(memory, key)).toHaveLength(1);
    const [, record = ''] = memory.look({ bucket: PROGRESS, key })?.body.toString().split('\n') ?? [];
    expect(JSON.parse(record)).toMatchObject({ plannedFrames: 7 });

    const second = await attempt({});

    expect(second.returned).toEqual([]);
    expect(second.counts).toMatchObject({ createUpload: 0, resumeUpload: 1, complete: 1 });
    expect(second.counts.uploadPart).toBeLessThanOrEqual(3);
    expect(second.counts.read).toBeLessThanOrEqual(4);
    expectArchived(memory);
    expect(await uploadsLeft(memory, key)).toEqual([]);
  });

  test('keeps the parts already sent if a read fails temporarily', async () => {
    const { memory, attempt, interrupted } = await interrupt({ read: [6] });
    expect(interrupted.returned).toHaveLength(1);
    const key = archiveKeyOf(memory);
    expect(await uploadsLeft(memory, key)).toHaveLength(1);
    const second = await attempt({});
    expect(second.returned).toEqual([]);
    expect(second.counts).toMatchObject({ createUpload: 0, resumeUpload: 1, complete: 1 });
    expectArchived(memory);
  });

  test('is released to others only after all parts in flight have arrived', async () => {
    const limits = { parallelReads: 16, resumableBytes: 10 * MIB };
    const bench = new SourceServiceHarness({ limits });
    const message = await bench.place('large.bin', BODY.subarray(0, 33 * MIB));
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    const hold = (call: StoreCall, count: number) => (call === 'uploadPart' && count === 1 ? held : undefined);
    const store = new FailingObjectStore(bench.memory, { read: [4] }, { hold });
    const service = new SourceServiceHarness({ store, limits });
    let isDone = false;
    const done = service.process(message).finally(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 1000 && store.counts.read < 4; turn += 1) await nextTurn();
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    const owner = () => bench.memory.look({ bucket: PROGRESS, key: archiveKeyOf(bench.memory) })?.body.toString();
    expect(isDone).toBe(false);
    expect(owner()).not.toMatch(/^\S+ 0\n/);
    release(undefined);
    expect(await done).toEqual([message.messageId]);
    expect(owner()).toMatch(/^\S+ 0\n/);
  });

  test('aborts the upload if a read is refused permanently', async () => {
    const { memory, interrupted } = await interrupt({ read: [6] }, 'before', new ObjectArchivedError('in GLACIER'));
    expect(interrupted.returned).toEqual([]);
    expect(interrupted.service.queue.letters.map(({ reason }) => reason.code)).toEqual(['OBJECT_ARCHIVED']);
    expect([memory.uploadKeys(OUTBOUND), memory.keys(PROGRESS), memory.keys(OUTBOUND)]).toEqual([[], [], []]);
  });

  test('survives any number of interruptions', async () => {
    const { memory, attempt } = await interrupt({ uploadPart: [4] });
    await attempt({ uploadPart: [4] });
    await attempt({ uploadPart: [4] });
    const last = await attempt({});
    expect(last.returned).toEqual([]);
    expectArchived(memory);
  });

  test('is abandoned with its upload and record if the object was overwritten', async () => {
    const { memory, attempt } = await interrupt({ uploadPart: [6] });
    const key = archiveKeyOf(memory);
    await memory.place({ bucket: 'source-bucket', key: 'large.bin' }, Buffer.from('newer'));

    const second = await attempt({});

    expect(second.returned).toEqual([]);
    expect(second.service.telemetry.skipped).toEqual([['large.bin', 'superseded']]);
    expect(memory.keys(OUTBOUND)).toEqual([]);
    expect(memory.keys(PROGRESS)).toEqual([]);
    expect(await uploadsLeft(memory, key)).toEqual([]);
  });

  test.each([
    [
      'its upload has expired',
      async (memory: MemoryObjectStore, key: string) => {
        for (const id of await uploadsLeft(memory, key))
          await (await memory.resumeUpload({ bucket: OUTBOUND, key }, id)).abort();
      },
    ],
    [
      'its record is damaged',
      async (memory: MemoryObjectStore, key: string) => {
        await memory.place({ bucket: PROGRESS, key }, Buffer.from('{"version":1,"parts":'));
      },
    ],
    [
      'its record is inconsistent',
      async (memory: MemoryObjectStore, key: string) => {
        const location = { bucket: PROGRESS, key };
        const [owner = '', body = ''] = memory.look(location)?.body.toString().split('\n') ?? [];
        const record = JSON.parse(body) as { parts: number[][] };
        record.parts[0] = [1, 1, 1, 1];
        await memory.place(location, Buffer.from(`${owner}\n${JSON.stringify(record)}`));
      },
    ],
  ])('starts over and leaves nothing behind if %s', async (_, spoil) => {
    const { memory, attempt } = await interrupt({ uploadPart: [6] });
    const key = archiveKeyOf(memory);
    await spoil(memory, key);

    const second = await attempt({});

    expect(second.returned).toEqual([]);
    expect(second.counts).toMatchObject({ createUpload: 1, uploadPart: 8 });
    expectArchived(memory);
    expect(await uploadsLeft(memory, key)).toEqual([]);
  });

  test.each([
    ['size', () => Buffer.from('from another task')],
    ['checksum', (size: number) => Buffer.alloc(size, 'from another task')],
  ])('replaces a stored part whose %s differs from the record', async (_, otherBytes) => {
    const { memory, attempt } = await interrupt({ uploadPart: [7] });
    const key = archiveKeyOf(memory);
    const upload = await memory.resumeUpload({ bucket: OUTBOUND, key }, itemAt(await uploadsLeft(memory, key), 0));
    const other = otherBytes(itemAt(upload.earlier, 4).size);
    await upload.uploadPart(5, other, crc32(other));
    const second = await attempt({});
    expect(second.returned).toEqual([]);
    expect(second.counts.uploadPart).toBeGreaterThanOrEqual(4);
    expectArchived(memory);
  });

  test('is not packed again if S3 accepted it and only the response was lost', async () => {
    // S3 does not answer the HEAD of the archive either. The HEADs before it were of the archive and the object.
    const { memory, attempt, interrupted } = await interrupt({ complete: [1], head: [4] }, 'after');
    expect(interrupted.returned).toHaveLength(1);

    const second = await attempt({});

    expect(second.returned).toEqual([]);
    expect(second.counts).toMatchObject({ createUpload: 0, uploadPart: 0, read: 1 });
    expect([interrupted, second].map(({ service }) => service.telemetry.archives.length)).toEqual([0, 1]);
    expectArchived(memory);
  });

  test('counts as packed once if its record cannot be deleted, which is reported', async () => {
    const { memory, message, interrupted } = await interrupt({ remove: [1] });
    expect(interrupted.returned).toEqual([]);
    const key = itemAt(memory.keys(OUTBOUND), 0);
    const stays = [[key, 'STORAGE_UNAVAILABLE']];
    expect(interrupted.service.telemetry.leftBehind).toEqual(stays);
    expect(interrupted.service.telemetry.archives).toHaveLength(1);

    // Its event is delivered again after the lease has expired.
    for (const [turn, remove] of [[1], []].entries()) {
      const store = new FailingObjectStore(memory, { remove });
      const now = () => Date.parse(EVENT_TIME) + (turn + 1) * 1_000_000;
      const later = new SourceServiceHarness({ store, limits: LIMITS, now });
      expect(await later.process(message)).toEqual([]);
      expect(later.telemetry.leftBehind).toEqual(remove.length > 0 ? stays : []);
      expect(later.telemetry.archives).toEqual([]);
      expect(later.telemetry.skipped).toEqual([['large.bin', 'packed-before']]);
    }
    expectArchived(memory);
  });

  test('leaves no record if nothing fails, and holds no other object', async () => {
    const source = new SourceServiceHarness({ limits: LIMITS });
    const messages = [await source.place('small', 'x'), await source.place('large.bin', BODY)];
    expect(await source.process(...messages)).toEqual([]);
    expect(source.archiveKeys()).toHaveLength(2);
    expect(source.memory.keys(PROGRESS)).toEqual([]);
  });
});
