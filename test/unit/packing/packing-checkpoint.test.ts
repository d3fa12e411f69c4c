import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { FrameSizes } from '../../../src/archive/frame-sizes.ts';
import type { CompressorError } from '../../../src/errors.ts';
import type { ArchivePart } from '../../../src/packing/archive-upload.ts';
import { type CheckpointOptions, PackingCheckpoint } from '../../../src/packing/packing-checkpoint.ts';
import type { ObjectUpload } from '../../../src/storage/object-store.ts';
import { FailingObjectStore, type StoreCall } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const ARCHIVE = { bucket: 'outbound', key: 'rule/archive.tar.zst' };
const TARGET = { ...ARCHIVE, headers: {}, metadata: {}, tags: [] };
const RECORDS = 'progress';
const { signal } = new AbortController();

/** The attempts of the current test. */
const attempts: Attempt[] = [];

afterEach(() => {
  for (const { checkpoint } of attempts.splice(0)) checkpoint.stop();
  jest.useRealTimers();
});

/** An attempt at the archive: the parts it has sent, and its checkpoint. */
class Attempt {
  readonly store: FailingObjectStore;
  readonly lost: CompressorError[] = [];
  readonly checkpoint: PackingCheckpoint;
  readonly parts: ArchivePart[] = [];
  readonly frames = new FrameSizes();
  upload: ObjectUpload | undefined;
  time = 0;

  constructor(
    memory: MemoryObjectStore,
    options: Partial<CheckpointOptions> = {},
    failing: Readonly<Partial<Record<StoreCall, readonly number[]>>> = {},
  ) {
    this.store = new FailingObjectStore(memory, failing);
    this.checkpoint = new PackingCheckpoint({
      store: this.store,
      archive: ARCHIVE,
      bucket: RECORDS,
      plannedFrames: 100,
      ownershipSeconds: 180,
      now: () => this.time,
      onLost: (reason) => this.lost.push(reason),
      ...options,
    });
    attempts.push(this);
  }

  async begin(): Promise<void> {
    expect(await this.checkpoint.find(signal)).toBeUndefined();
    this.upload = await this.store.createUpload(TARGET);
    await this.checkpoint.begin(this.upload);
  }

  /** Sends a part of `frames` frames, 10 bytes each. */
  async send(frames = 1): Promise<void> {
    const bytes = Buffer.alloc(10 * frames, this.parts.length);
    await this.upload?.uploadPart(this.parts.length + 1, bytes, crc32(bytes));
    this.parts.push({ frames, size: bytes.length, crc32: crc32(bytes) });
    for (let frame = 0; frame < frames; frame += 1) this.append();
    this.note();
  }

  /** Adds a frame that is not in a part yet. */
  append(): void {
    this.frames.push({ compressed: 10, decompressed: 100 });
  }

  note(): void {
    this.checkpoint.note(this.parts, this.frames, this.parts.length);
  }

  /** How often the record was written, including writes in the background. */
  async records(): Promise<number> {
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    return this.store.counts.put;
  }
}

describe('the progress noted by an interrupted attempt', () => {
  test('is found by the next attempt and the one after it, up to the last part', async () => {
    const memory = new MemoryObjectStore();
    const first = new Attempt(memory);
    await first.begin();
    await first.send(2);
    await first.send(1);
    first.append();
    first.note();
    await first.checkpoint.release();

    const second = new Attempt(memory);
    const found = await second.checkpoint.find(signal);
    if (found === undefined || 'archiveBytes' in found) throw new Error('nothing to resume');
    expect(found.upload.id).toBe(first.upload?.id);
    expect(found.parts).toEqual(first.parts.map((part, index) => ({ ...part, objectCrc32: index + 1 })));
    expect([...found.frameSizes]).toEqual([10, 10, 10]);
    // The second attempt adds nothing, and loses nothing.
    await second.checkpoint.release();

    const third = new Attempt(memory);
    expect(await third.checkpoint.find(signal)).toMatchObject({ parts: found.parts, frameSizes: found.frameSizes });
    third.upload = found.upload;
    third.parts.push(...found.parts);
    for (const compressed of found.frameSizes) third.frames.push({ compressed, decompressed: 100 });
    await third.send();
    await third.checkpoint.release();
    const last = await new Attempt(memory).checkpoint.find(signal);
    expect(last).toMatchObject({ parts: [{}, {}, { frames: 1, objectCrc32: 3 }] });
  });

  test.each([
    ['was aborted', { plannedFrames: 100 }, (upload: ObjectUpload) => upload.abort()],
    ['has another layout', { plannedFrames: 101 }, () => Promise.resolve()],
  ])('is discarded without leaving anything behind if its upload %s', async (_, options, spoil) => {
    const memory = new MemoryObjectStore();
    const first = new Attempt(memory);
    await first.begin();
    await first.send();
    await first.checkpoint.release();
    if (first.upload !== undefined) await spoil(first.upload);

    const second = new Attempt(memory, options);
    await second.begin();
    expect(await memory.listUploads(ARCHIVE)).toEqual([second.upload?.id]);
    // The bytes differ from the first attempt's, so that the record must describe the new ones.
    await second.send(2);
    await second.checkpoint.release();
    expect(await new Attempt(memory, options).checkpoint.find(signal)).toMatchObject({ parts: [{ frames: 2 }] });
  });

  test('is resumed before the first part that S3 holds with other bytes, and noted from there', async () => {
    const memory = new MemoryObjectStore();
    const first = new Attempt(memory);
    await first.begin();
    for (let part = 0; part < 3; part += 1) await first.send();
    await first.upload?.uploadPart(2, Buffer.from('other'), crc32(Buffer.from('other')));
    await first.checkpoint.release();
    const second = new Attempt(memory);
    const found = await second.checkpoint.find(signal);
    if (found === undefined || 'archiveBytes' in found) throw new Error('nothing to resume');
    expect(found).toMatchObject({ parts: [{ objectCrc32: 1 }], frameSizes: Uint32Array.of(10) });
    second.upload = found.upload;
    second.parts.push(...found.parts);
    second.append();
    await second.send(2);
    await second.send(2);
    await second.checkpoint.release();
    const last = await new Attempt(memory).checkpoint.find(signal);
    expect(last).toMatchObject({ parts: [{ frames: 1 }, { frames: 2 }, { frames: 2 }] });
  });

  test('leaves no record if it was released before its upload began', async () => {
    const memory = new MemoryObjectStore();
    const { checkpoint } = new Attempt(memory);
    await checkpoint.find(signal);
    expect(memory.keys(RECORDS)).toHaveLength(1);
    await checkpoint.release();
    expect(memory.keys(RECORDS)).toEqual([]);
  });
});

describe('an archive that S3 has accepted', () => {
  async function findAccepted(...ends: ('begin' | 'close' | 'remove')[]) {
    const memory = new MemoryObjectStore();
    const first = new Attempt(memory);
    await first.begin();
    if (ends.includes('close')) await first.checkpoint.close();
    if (ends.includes('remove')) await first.checkpoint.remove();
    await memory.place(ARCHIVE, Buffer.alloc(7));
    const second = new Attempt(memory);
    // The first attempt's lease has expired.
    second.time = 181_000;
    const found = await second.checkpoint.find(signal);
    expect(memory.uploadKeys(ARCHIVE.bucket)).toEqual([]);
    return found;
  }

  test('counts as reported only if its attempt closed or removed the record', async () => {
    expect(await findAccepted('begin')).toEqual({ archiveBytes: 7, wasCounted: false });
    expect(await findAccepted('begin', 'close')).toEqual({ archiveBytes: 7, wasCounted: true });
    expect(await findAccepted('begin', 'close', 'remove')).toEqual({ archiveBytes: 7, wasCounted: true });
  });
});

describe('a progress record', () => {
  /** The parts, of one frame each, after which the record was written. */
  async function writtenAfter(plannedFrames: number, parts: number): Promise<number[]> {
    const attempt = new Attempt(new MemoryObjectStore(), { plannedFrames });
    await attempt.begin();
    const written: number[] = [];
    let records = await attempt.records();
    for (let part = 1; part <= parts; part += 1) {
      await attempt.send();
      const now = await attempt.records();
      if (now > records) written.push(part);
      records = now;
    }
    return written;
  }

  test('is rewritten every four parts, and for large objects after each hundredth of their frames', async () => {
    expect(await writtenAfter(100, 13)).toEqual([4, 8, 12]);
    expect(await writtenAfter(1000, 21)).toEqual([10, 20]);
  });

  test('is not rewritten for frames alone, however many there are', async () => {
    const attempt = new Attempt(new MemoryObjectStore());
    await attempt.begin();
    const records = await attempt.records();
    await attempt.send(50);
    expect(await attempt.records()).toBe(records);
  });

  test('is rewritten three times per lease until the attempt ends, whatever was done', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const attempt = new Attempt(new MemoryObjectStore());
    await attempt.begin();
    const records = await attempt.records();
    jest.advanceTimersByTime(60_000);
    expect(await attempt.records()).toBe(records + 1);
    jest.advanceTimersByTime(60_000);
    expect(await attempt.records()).toBe(records + 2);
    attempt.checkpoint.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('has one write at a time, and a release waits for it', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const memory = new MemoryObjectStore();
    const written = Promise.withResolvers<undefined>();
    const store = new FailingObjectStore(
      memory,
      {},
      { hold: (call, count) => (call === 'put' && count === 3 ? written.promise : undefined) },
    );
    const attempt = new Attempt(memory, { store });
    attempt.upload = await memory.createUpload(TARGET);
    await attempt.checkpoint.find(signal);
    await attempt.checkpoint.begin(attempt.upload);
    jest.advanceTimersByTime(180_000);
    await nextTurn();
    expect(store.counts.put).toBe(3);
    let isReleased = false;
    const released = attempt.checkpoint.release().then(() => {
      isReleased = true;
    });
    await nextTurn();
    expect([store.counts.put, isReleased]).toEqual([3, false]);
    written.resolve(undefined);
    await released;
    expect(store.counts.put).toBe(4);
  });
});

describe('an attempt whose record cannot be written', () => {
  const lostAt = async (time: number): Promise<string[]> => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const attempt = new Attempt(new MemoryObjectStore(), {}, { put: [3] });
    await attempt.begin();
    attempt.time = time;
    jest.advanceTimersByTime(60_000);
    await attempt.records();
    return attempt.lost.map(({ code }) => code);
  };

  test('continues only until its lease expires', async () => {
    expect(await lostAt(179_999)).toEqual([]);
    expect(await lostAt(180_000)).toEqual(['STORAGE_UNAVAILABLE']);
  });

  test('stops if another attempt has taken over the archive', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const memory = new MemoryObjectStore();
    const first = new Attempt(memory);
    await first.begin();
    const second = new Attempt(memory);
    second.time = 180_000;
    await second.checkpoint.find(signal);
    jest.advanceTimersByTime(60_000);
    await first.records();
    expect(first.lost.map(({ code }) => code)).toEqual(['ARCHIVE_IN_WORK']);
    expect(first.checkpoint.isOwned).toBe(false);
    await expect(first.checkpoint.close()).rejects.toMatchObject({ code: 'ARCHIVE_IN_WORK' });
  });
});
