import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { crc32 } from '../../../src/archive/checksum.ts';
import { UnexpectedError } from '../../../src/errors.ts';
import { WRITE_IF_ABSENT } from '../../../src/restoring/decide-write.ts';
import type { RestoreRun } from '../../../src/restoring/dependencies.ts';
import { makeStampable, makeWriteTarget, type RestorableObject } from '../../../src/restoring/restorable-object.ts';
import { RestoreProgress } from '../../../src/restoring/restore-progress.ts';
import { createMarkedUpload, planUpload } from '../../../src/restoring/resume-upload.ts';
import { headAndDecide, type WriteStep } from '../../../src/restoring/write-object.ts';
import { SlicedObjectWrite } from '../../../src/restoring/write-sliced-object.ts';
import { AccessDeniedError, ObjectArchivedError, WriteConditionError } from '../../../src/storage/errors.ts';
import { stampOf } from '../../../src/storage/provenance.ts';
import { itemAt } from '../../support/archives.ts';
import { FailingObjectStore, type FailingOptions, type StoreCall } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { INBOUND, RULE, TARGET, TargetRegion } from '../../support/target-region.ts';

const SLICE = 10;
const BODY = Buffer.from('the object in four slices: 35 bytes');
const TIME = 1_700_000_000_000;
const LOCATION = { bucket: TARGET, key: 'k' };
const destination = itemAt(RULE.destinations, 0);

function objectOf(sequencer: string, body = BODY): RestorableObject {
  const stamp = stampOf({ origin: '0123abcd', eventTime: TIME, sequencer, etag: 'e' });
  return {
    key: 'k',
    size: body.length,
    etag: 'e',
    crc32: crc32(body),
    headers: {},
    storageClass: 'STANDARD',
    stamp,
    ...makeStampable({}, [], stamp),
  };
}

interface Setting extends FailingOptions {
  readonly failing?: Readonly<Partial<Record<StoreCall, readonly number[]>>>;
  readonly object?: RestorableObject;
  /** The size from which the upload can be resumed. */
  readonly resumableBytes?: number;
  readonly maxParts?: number;
  readonly sliceLength?: number;
  readonly decision?: WriteStep;
}

/** One attempt at the object, over a store that accepts parts of any size. */
class Attempt {
  readonly region = new TargetRegion();
  readonly store: FailingObjectStore;
  readonly progress: RestoreProgress;
  readonly run: RestoreRun;
  readonly write: SlicedObjectWrite;
  readonly #sliceLength: number;

  constructor(
    memory: MemoryObjectStore,
    {
      failing,
      object = objectOf('02'),
      resumableBytes = 20,
      maxParts,
      sliceLength = SLICE,
      decision = WRITE_IF_ABSENT,
      ...options
    }: Setting = {},
  ) {
    this.store = new FailingObjectStore(memory, failing, options);
    this.#sliceLength = sliceLength;
    const { dependencies } = this.region;
    const { signal } = new AbortController();
    const limits = { ...dependencies.limits, resumableBytes, ...(maxParts !== undefined && { maxParts }) };
    this.run = { ...dependencies, store: this.store, limits, wholeRun: 800, puts: pLimit(8), signal };
    this.progress = new RestoreProgress({ bucket: INBOUND, key: 'rule/a.tar.zst' }, this.run);
    if (decision.kind !== 'write') throw new Error('nothing to write');
    this.write = new SlicedObjectWrite(object, sliceLength, { destination, decision }, this.run, this.progress);
  }

  /** Writes the slices that are still needed, in this order, and settles. */
  async send(body = BODY, order: readonly number[] = [0, 1, 2, 3]): Promise<void> {
    await this.write.resume();
    for (const index of order) {
      const bytes = body.subarray(index * this.#sliceLength, (index + 1) * this.#sliceLength);
      await this.write.writeSlice(index, bytes, crc32(bytes));
    }
    await this.write.settle();
  }

  get failed(): string[] {
    return this.region.telemetry.failedObjects.map(([, code]) => code);
  }
}

const newMemory = () => new MemoryObjectStore({ minimumPartSize: 1, now: () => TIME + 60_000 });
const text = (memory: MemoryObjectStore) => memory.look(LOCATION)?.body.toString();

describe('a large object that is written in slices', () => {
  test('has the same bytes in any order of its slices, is restored once, and needs no slices afterwards', async () => {
    const memory = newMemory();
    const attempt = new Attempt(memory, { resumableBytes: 100 });
    const { store, write, progress, region } = attempt;
    expect([0, 1, 2, 3].map((index) => write.wantsSlice(index))).toEqual([true, true, true, true]);
    await attempt.send(BODY, [3, 1, 0, 2]);
    expect(text(memory)).toBe(BODY.toString());
    expect(progress).toMatchObject({ restored: 1, overwritten: 0, bytes: 35, failed: 0 });
    expect(store.counts).toMatchObject({
      uploadPart: 4,
      createUpload: 1,
      listUploads: 0,
      head: 0,
      complete: 1,
      abort: 0,
    });
    expect(write.wantsSlice(0)).toBe(false);
    await write.writeSlice(0, BODY.subarray(0, SLICE), 0);
    await write.abandon(new UnexpectedError('too late'));
    expect(store.counts).toMatchObject({ uploadPart: 4, abort: 0 });
    expect([progress.failed, region.telemetry.replacedClasses]).toEqual([0, []]);
  });

  test('reports what it replaces, and a storage class that it loses', async () => {
    const memory = newMemory();
    await memory.place(LOCATION, Buffer.from('theirs'));
    const object = { ...objectOf('02'), storageClass: 'OUTPOSTS' };
    const decision = await headAndDecide(object, destination, new Attempt(memory).run);
    const attempt = new Attempt(memory, { object, decision });
    await attempt.send();
    expect(text(memory)).toBe(BODY.toString());
    expect(attempt.progress).toMatchObject({ restored: 1, overwritten: 1 });
    expect(attempt.region.telemetry.conflicts).toEqual(['k']);
    expect(attempt.region.telemetry.replacedClasses).toEqual([['k', 'OUTPOSTS']]);
    // The upload may have taken hours.
    expect(attempt.store.counts.head).toBe(1);
  });

  test('is skipped without leaving parts behind if a newer version has arrived meanwhile', async () => {
    const memory = newMemory();
    await memory.place(LOCATION, Buffer.from('theirs'));
    const decision = await headAndDecide(objectOf('02'), destination, new Attempt(memory).run);
    const attempt = new Attempt(memory, { decision });
    const newer = objectOf('03', Buffer.from('newer'));
    await memory.place(LOCATION, Buffer.from('newer'), makeWriteTarget(newer, destination));
    await attempt.send();
    expect(text(memory)).toBe('newer');
    expect(attempt.progress).toMatchObject({ restored: 0, skipped: 1, failed: 0 });
    expect(attempt.region.telemetry.skipped).toEqual([['k', 'newer-at-target']]);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
    expect(attempt.write.wantsSlice(0)).toBe(false);
  });

  test.each([
    ['with 412, which is retryable', new WriteConditionError('412')],
    ['with 403, which is not', new AccessDeniedError('403')],
  ])('is done if its completion fails but the object exists: %s', async (_, error) => {
    const memory = newMemory();
    const attempt = new Attempt(memory, { failing: { complete: [1] }, moment: 'after', error: () => error });
    await attempt.send();
    expect(text(memory)).toBe(BODY.toString());
    expect(attempt.progress).toMatchObject({ restored: 0, skipped: 1, failed: 0 });
    expect(attempt.region.telemetry.skipped).toEqual([['k', 'replay']]);
  });

  test('fails once, however many of its slices fail', async () => {
    const memory = newMemory();
    const attempt = new Attempt(memory, { failing: { uploadPart: [1, 2, 3, 4] }, resumableBytes: 100 });
    await Promise.all([0, 1, 2].map((index) => attempt.write.writeSlice(index, BODY.subarray(0, SLICE), 0)));
    await attempt.write.settle();
    await attempt.write.abandon(new UnexpectedError('the invocation ends'));
    expect(attempt.failed).toEqual(['STORAGE_UNAVAILABLE']);
    expect(attempt.store.counts.abort).toBe(1);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
  });
});

describe('the upload that an attempt leaves behind', () => {
  test.each([
    ['is kept for the next attempt', { failing: { uploadPart: [4] } }, 1],
    ['is kept for the next attempt if only its completion failed', { failing: { complete: [1] } }, 1],
    ['is aborted if it is too small to be resumed', { failing: { uploadPart: [3] }, resumableBytes: 36 }, 0],
    [
      'is aborted if the failure is final',
      { failing: { complete: [1] }, error: () => new ObjectArchivedError('never') },
      0,
    ],
    ['is aborted after a lost race', { failing: { complete: [1] }, error: () => new WriteConditionError('412') }, 0],
  ])('%s', async (_, setting: Setting, left) => {
    const memory = newMemory();
    const first = new Attempt(memory, setting);
    await first.send();
    expect(first.progress.failed).toBe(1);
    expect(memory.uploadKeys(TARGET)).toHaveLength(left);
    const second = new Attempt(memory, setting.resumableBytes === undefined ? {} : { resumableBytes: 36 });
    await second.send();
    expect(text(memory)).toBe(BODY.toString());
    expect(second.progress).toMatchObject({ restored: 1, failed: 0 });
    expect(second.store.counts.createUpload).toBe(1 - left);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
  });

  test('is resumed without fetching or sending its parts again, including the last one', async () => {
    const memory = newMemory();
    // The marker is the first part that is sent, then slices 3, 0 and 1.
    await new Attempt(memory, { failing: { uploadPart: [4] } }).send(BODY, [3, 0, 1, 2]);
    const second = new Attempt(memory);
    await second.write.resume();
    expect([0, 1, 2, 3].map((index) => second.write.wantsSlice(index))).toEqual([false, true, true, false]);
    await second.send();
    expect(second.store.counts.uploadPart).toBe(2);
    expect(text(memory)).toBe(BODY.toString());
  });

  test('is only completed if all of its parts are stored', async () => {
    const memory = newMemory();
    await new Attempt(memory, { failing: { complete: [1] } }).send();
    const second = new Attempt(memory);
    await second.write.resume();
    expect(text(memory)).toBe(BODY.toString());
    expect(second.store.counts).toMatchObject({ uploadPart: 0, complete: 1 });
    expect(second.progress.restored).toBe(1);
  });

  test('fails if its parts have other bytes, and starts over the next time', async () => {
    const memory = newMemory();
    const wrong = Buffer.from(BODY.toString().toUpperCase());
    await new Attempt(memory, { failing: { uploadPart: [4] } }).send(wrong);
    const second = new Attempt(memory);
    await second.send();
    expect(second.failed).toEqual(['RESUMED_UPLOAD_MISMATCH']);
    expect([text(memory), memory.uploadKeys(TARGET)]).toEqual([undefined, []]);
    const whole = new Attempt(memory);
    await whole.send(wrong);
    expect(whole.failed).toEqual(['OBJECT_CHECKSUM_MISMATCH']);
    expect(memory.uploadKeys(TARGET)).toEqual([]);
  });

  test('is aborted at once if all of its parts are stored but have other bytes', async () => {
    const memory = newMemory();
    const second = new Attempt(memory);
    const plan = planUpload(objectOf('02'), destination, SLICE, second.run.limits);
    if (plan === undefined) throw new Error('nothing to resume');
    const upload = await createMarkedUpload(memory, plan, second.run.signal);
    const wrong = Buffer.from(BODY.toString().toUpperCase());
    for (const part of [0, 1, 2, 3]) {
      const bytes = wrong.subarray(part * SLICE, (part + 1) * SLICE);
      await upload.uploadPart(part + 1, bytes, crc32(bytes));
    }
    await second.write.resume();
    expect(second.failed).toEqual(['RESUMED_UPLOAD_MISMATCH']);
    expect([text(memory), memory.uploadKeys(TARGET)]).toEqual([undefined, []]);
  });

  test('is kept if it cannot be listed, and the object is retried', async () => {
    const memory = newMemory();
    await new Attempt(memory, { failing: { uploadPart: [4] } }).send();
    const second = new Attempt(memory, { failing: { listUploads: [1] } });
    await second.send();
    expect(second.failed).toEqual(['STORAGE_UNAVAILABLE']);
    expect(second.store.counts.uploadPart).toBe(0);
    expect(memory.uploadKeys(TARGET)).toHaveLength(1);
  });
});

describe('an object of more slices than its upload may have parts', () => {
  /** Slices of one byte: a part of 64 and one of six. */
  const body = Buffer.from(Array.from({ length: 70 }, (_, index) => index));
  const layout = { object: objectOf('02', body), sliceLength: 1, maxParts: 2 };
  const order = Array.from({ length: 70 }, (_, index) => (index * 37) % 70);
  const isStored = (memory: MemoryObjectStore) => memory.look(LOCATION)?.body.equals(body);

  test('has its slices assembled into parts beside the archives, in any order', async () => {
    const memory = newMemory();
    const attempt = new Attempt(memory, layout);
    await attempt.send(body, order);
    expect(isStored(memory)).toBe(true);
    expect(attempt.store.counts).toMatchObject({ takePart: 2, createUpload: 3, uploadPart: 71 });
    expect([memory.keys(INBOUND), memory.uploadKeys(INBOUND), memory.uploadKeys(TARGET)]).toEqual([[], [], []]);
  });

  test('is settled only after its parts have moved', async () => {
    const moved = Promise.withResolvers<undefined>();
    const memory = newMemory();
    const attempt = new Attempt(memory, {
      ...layout,
      hold: (call) => (call === 'takePart' ? moved.promise : undefined),
    });
    let isSettled = false;
    const sent = attempt.send(body, order).then(() => {
      isSettled = true;
    });
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect([isSettled, attempt.progress.restored]).toEqual([false, 0]);
    moved.resolve(undefined);
    await sent;
    expect(attempt.progress.restored).toBe(1);
  });

  test('leaves no pieces beside the archives if one fails, and resumes after its whole parts', async () => {
    const memory = newMemory();
    const inOrder = order.toSorted((left, right) => left - right);
    const attempt = new Attempt(memory, { ...layout, failing: { uploadPart: [68] } });
    await attempt.send(body, inOrder);
    expect(attempt.failed).toEqual(['STORAGE_UNAVAILABLE']);
    expect([memory.keys(INBOUND), memory.uploadKeys(INBOUND)]).toEqual([[], []]);
    expect(memory.uploadKeys(TARGET)).toHaveLength(1);
    const second = new Attempt(memory, layout);
    await second.send(body, inOrder);
    expect(second.store.counts).toMatchObject({ takePart: 1, uploadPart: 6 });
    expect(isStored(memory)).toBe(true);
  });
});
