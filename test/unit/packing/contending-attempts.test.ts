import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { PackingDependencies } from '../../../src/packing/dependencies.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt, readArchive } from '../../support/archives.ts';
import { FailingObjectStore, type StoreCall } from '../../support/failing-object-store.ts';
import { OUTBOUND, PROGRESS, SourceServiceHarness } from '../../support/source-service.ts';

/** Incompressible: four frames, one part each, and a fifth part with the manifest. */
const BODY = randomBytes(32 * MIB);
const LIMITS = { parallelReads: 16, resumableBytes: 24 * MIB };
const OWNERSHIP_SECONDS = 180;

interface TaskOptions extends Partial<PackingDependencies> {
  /** The call before which the task waits until the test resumes it. */
  readonly heldAt?: readonly [call: StoreCall, count: number];
}

/** One object, several messages that announce it, and tasks that share the storage. */
class Contest {
  readonly #bench = new SourceServiceHarness({ limits: LIMITS });
  readonly memory = this.#bench.memory;
  readonly tasks: Task[] = [];

  announce = () => this.#bench.place('large.bin', BODY);

  task({ heldAt, ...overrides }: TaskOptions = {}): Task {
    const reached = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    const hold = (call: StoreCall, count: number): Promise<undefined> | undefined => {
      if (heldAt?.[0] !== call || heldAt[1] !== count) return undefined;
      reached.resolve(undefined);
      return released.promise;
    };
    const store = new FailingObjectStore(this.memory, {}, { hold });
    const service = new SourceServiceHarness({ store, limits: LIMITS, ...overrides });
    const task = {
      service,
      counts: store.counts,
      reached: reached.promise,
      resume: () => {
        released.resolve(undefined);
      },
    };
    this.tasks.push(task);
    return task;
  }

  uploads(): Promise<string[]> {
    return this.memory.listUploads({ bucket: OUTBOUND, key: itemAt(this.memory.keys(PROGRESS), 0) });
  }

  /** One intact archive that was counted once; no dead letter, no failed attempt, nothing left behind. */
  async expectOneArchive(): Promise<void> {
    const [key = '', ...more] = this.memory.keys(OUTBOUND);
    expect(more).toEqual([]);
    const [restored] = readArchive(this.memory.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0));
    expect(restored?.body.equals(BODY)).toBe(true);
    expect(this.memory.keys(PROGRESS)).toEqual([]);
    expect(await this.memory.listUploads({ bucket: OUTBOUND, key })).toEqual([]);
    const told = this.tasks.map(({ service }) => service);
    expect(told.flatMap(({ telemetry }) => telemetry.archives)).toHaveLength(1);
    expect(told.flatMap(({ queue }) => queue.letters)).toEqual([]);
    expect(told.flatMap(({ telemetry }) => telemetry.failures)).toEqual([]);
  }
}

interface Task {
  readonly service: SourceServiceHarness;
  readonly counts: Readonly<Record<StoreCall, number>>;
  readonly reached: Promise<undefined>;
  readonly resume: () => void;
}

const laterBy = (seconds: number) => {
  const { now } = new SourceServiceHarness().dependencies;
  return { now: () => now() + 1000 * seconds };
};

/** After this, time passes only when a test advances it. */
const stopClock = () => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });

afterEach(() => {
  jest.useRealTimers();
});

describe('two messages about the same large object', () => {
  test.each<[string, StoreCall, number]>([
    ['has not created its upload', 'createUpload', 1],
    ['has not noted its upload', 'put', 2],
    ['is half done', 'uploadPart', 3],
    ['is about to complete', 'complete', 1],
    ['has completed but not yet reported it', 'remove', 1],
  ])('do not interfere if the second arrives while the first %s', async (_, call, count) => {
    const contest = new Contest();
    const [first, second] = [await contest.announce(), await contest.announce()];
    const owner = contest.task({ heldAt: [call, count] });
    const packing = owner.service.process(first);
    await owner.reached;

    const other = contest.task();
    expect(await other.service.process(second)).toEqual([]);
    expect(other.service.queue.again).toEqual([second]);
    const [wait = 0] = other.service.queue.againAfter;
    expect(wait).toBeGreaterThan(OWNERSHIP_SECONDS - 60);
    expect(wait).toBeLessThanOrEqual(OWNERSHIP_SECONDS);
    expect(other.counts).toMatchObject({ put: 0, createUpload: 0, resumeUpload: 0, abort: 0, remove: 0 });

    owner.resume();
    expect(await packing).toEqual([]);
    expect(owner.service.queue.again).toEqual([]);

    const last = contest.task();
    expect(await last.service.process(second)).toEqual([]);
    expect(last.service.queue.again).toEqual([]);
    expect(last.service.telemetry.skipped).toEqual([['large.bin', 'packed-before']]);
    expect(last.counts).toMatchObject({ read: 0, createUpload: 0, uploadPart: 0 });
    await contest.expectOneArchive();
  });

  test('are packed once if they start at the same moment, and the others are requeued', async () => {
    const contest = new Contest();
    const messages = [await contest.announce(), await contest.announce(), await contest.announce()];
    const tasks = messages.map(() => contest.task());
    const returned = await Promise.all(tasks.map(({ service }, index) => service.process(itemAt(messages, index))));
    expect(returned.flat()).toEqual([]);
    expect(tasks.flatMap(({ service }) => service.queue.again)).toHaveLength(2);
    await contest.expectOneArchive();
  });

  test('cost no additional request if both are in the same task', async () => {
    const contest = new Contest();
    const resuming = { bucket: PROGRESS, ownershipSeconds: OWNERSHIP_SECONDS, inProgress: new Set<string>() };
    const owner = contest.task({ resuming, heldAt: ['head', 1] });
    const packing = owner.service.process(await contest.announce());
    await owner.reached;

    const slot = contest.task({ resuming });
    const second = await contest.announce();
    expect(await slot.service.process(second)).toEqual([]);
    expect([slot.service.queue.again, slot.service.queue.againAfter]).toEqual([[second], [OWNERSHIP_SECONDS]]);
    expect(Object.values(slot.counts).every((count) => count === 0)).toBe(true);

    owner.resume();
    expect(await packing).toEqual([]);
    expect(resuming.inProgress.size).toBe(0);
    await contest.expectOneArchive();
  });
});

describe('the archive of a task whose lease expires', () => {
  /** A task that stops halfway, as if it were killed. */
  async function killed() {
    const contest = new Contest();
    const message = await contest.announce();
    const victim = contest.task({ heldAt: ['uploadPart', 4] });
    const packing = victim.service.process(message);
    await victim.reached;
    return { contest, message, victim, packing };
  }

  test('is taken over by exactly one of several tasks once the lease has expired', async () => {
    const { contest, message, victim, packing } = await killed();
    const early = contest.task(laterBy(OWNERSHIP_SECONDS - 60));
    expect(await early.service.process(message)).toEqual([]);
    expect(early.service.queue.again).toEqual([message]);

    const heirs = [1, 2, 3].map(() => contest.task(laterBy(OWNERSHIP_SECONDS + 1)));
    const returned = await Promise.all(heirs.map(({ service }) => service.process(message)));

    expect(returned.flat()).toEqual([]);
    expect(heirs.flatMap(({ service }) => service.queue.again)).toHaveLength(2);
    expect(heirs.reduce((sum, { counts }) => sum + counts.createUpload, 0)).toBe(0);
    expect(heirs.reduce((sum, { counts }) => sum + counts.complete, 0)).toBe(1);
    await contest.expectOneArchive();

    // The first task was only asleep: it leaves the new owner's work alone, and its message does not count as failed.
    victim.resume();
    expect(await packing).toEqual([]);
    expect(victim.service.queue.again).toEqual([message]);
    expect(victim.counts).toMatchObject({ abort: 0, remove: 0 });
    await contest.expectOneArchive();
  });

  test('is not touched by its first task if that one wakes up while another task owns it', async () => {
    const { contest, message, victim, packing } = await killed();
    const heir = contest.task({ ...laterBy(OWNERSHIP_SECONDS + 1), heldAt: ['uploadPart', 1] });
    const takenOver = heir.service.process(message);
    await heir.reached;
    const uploads = await contest.uploads();

    victim.resume();
    expect(await packing).toEqual([]);
    // It may even have finished the upload, since it has the same plan, but it does not report it.
    expect(victim.service.telemetry.archives).toEqual([]);
    expect(victim.counts).toMatchObject({ abort: 0, remove: 0 });
    expect(uploads).toHaveLength(1);

    heir.resume();
    const returned = await takenOver;
    const last = contest.task(laterBy(OWNERSHIP_SECONDS + 1));
    if (returned.length > 0) expect(await last.service.process(message)).toEqual([]);
    expect(contest.tasks.flatMap(({ service }) => service.telemetry.archives)).toHaveLength(1);
    expect(contest.memory.keys(OUTBOUND)).toHaveLength(1);
    expect(contest.memory.keys(PROGRESS)).toEqual([]);
  });

  test('is free at once if the task was told to stop', async () => {
    const contest = new Contest();
    const message = await contest.announce();
    const stopping = new AbortController();
    const stopped = contest.task({ stop: stopping.signal, heldAt: ['uploadPart', 4] });
    const packing = stopped.service.process(message);
    await stopped.reached;
    stopping.abort(new Error('The task is stopping'));
    stopped.resume();
    expect(await packing).toEqual([]);
    expect([stopped.service.queue.again, stopped.service.queue.againAfter]).toEqual([[message], [0]]);

    const next = contest.task();
    expect(await next.service.process(message)).toEqual([]);
    expect(next.counts).toMatchObject({ createUpload: 0, resumeUpload: 1, complete: 1 });
    expect(next.counts.uploadPart).toBeLessThanOrEqual(3);
    await contest.expectOneArchive();
  });
});

test('a task keeps its archive by renewing the lease, however long it works', async () => {
  stopClock();
  const contest = new Contest();
  const message = await contest.announce();
  const owner = contest.task({ heldAt: ['uploadPart', 3] });
  const packing = owner.service.process(message);
  await owner.reached;
  const other = contest.task();
  for (let minute = 1; minute <= 9; minute += 1) {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await other.service.process(message)).toEqual([]);
  }
  expect(other.service.queue.again).toHaveLength(9);
  expect(other.counts).toMatchObject({ put: 0, createUpload: 0, resumeUpload: 0 });
  owner.resume();
  expect(await packing).toEqual([]);
  await contest.expectOneArchive();
});

test('a duplicate message after success packs nothing, counts nothing and leaves no record', async () => {
  const contest = new Contest();
  expect(await contest.task().service.process(await contest.announce())).toEqual([]);
  const duplicate = contest.task();
  expect(await duplicate.service.process(await contest.announce())).toEqual([]);
  expect(duplicate.counts).toMatchObject({ read: 0, createUpload: 0, put: 1, remove: 1 });
  await contest.expectOneArchive();
});

test('an attempt that cannot write its record until the lease expires fails, and is retried', async () => {
  stopClock();
  const contest = new Contest();
  const message = await contest.announce();
  // The first two writes take the record and note the upload.
  const failing = new FailingObjectStore(contest.memory, {
    put: Array.from({ length: 1000 }, (_, index) => index + 3),
  });
  const reached = Promise.withResolvers<undefined>();
  let reads = 0;
  const store = Object.assign(failing, {
    read: async (request: Parameters<FailingObjectStore['read']>[0]) => {
      reads += 1;
      // Waits until the attempt is aborted.
      if (reads > 1) {
        reached.resolve(undefined);
        await new Promise((resolve) => request.signal?.addEventListener('abort', resolve));
      }
      return contest.memory.read(request);
    },
  });
  const service = new SourceServiceHarness({ store, limits: LIMITS });
  const packing = service.process(message);
  await reached.promise;
  await jest.advanceTimersByTimeAsync(1000 * (OWNERSHIP_SECONDS - 1));
  expect(service.telemetry.failures).toEqual([]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(await packing).toEqual([message.messageId]);
  expect(service.telemetry.failures).toEqual([[message.messageId, 'STORAGE_UNAVAILABLE']]);
});
