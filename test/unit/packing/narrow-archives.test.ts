import { describe, expect, test } from '@jest/globals';
import { MIB } from '../../../src/archive/format.ts';
import { WorkerLostError } from '../../../src/compression/errors.ts';
import type { CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { type CompressorError, UnexpectedError } from '../../../src/errors.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { ManifestTooLargeError } from '../../../src/packing/errors.ts';
import { mayBeOneObject, narrowArchives, receivesOf } from '../../../src/packing/narrow-archives.ts';
import { PackingSpeed, type PackingWork } from '../../../src/packing/packing-speed.ts';
import { AccessDeniedError, ObjectArchivedError, UnavailableStorageError } from '../../../src/storage/errors.ts';
import { readArchive } from '../../support/archives.ts';
import { queueMessage } from '../../support/notifications.ts';
import { inlineCompression, SourceServiceHarness } from '../../support/source-service.ts';

/** A pool whose worker dies of every frame with the poison in it. */
function poisoned(poison: string) {
  return {
    ...inlineCompression,
    compress: (task: CompressFrameTask) =>
      Buffer.from(task.input).includes(poison)
        ? Promise.reject(new WorkerLostError('killed'))
        : inlineCompression.compress(task),
  };
}

function packedKeys(source: SourceServiceHarness): string[] {
  return source.archiveKeys().flatMap((key) => readArchive(source.archive(key)).map(({ object }) => object.key));
}

async function placeMany(source: SourceServiceHarness, count: number) {
  return Promise.all(Array.from({ length: count }, (_, index) => source.place(`k${index}`, `body ${index}`)));
}

describe('one object that breaks a worker', () => {
  test('fails alone, with its reason: its neighbors are packed in the same run', async () => {
    const source = new SourceServiceHarness({ pool: poisoned('POISON') });
    const neighbors = await placeMany(source, 12);
    const bad = await source.place('k-bad', 'POISON');

    expect(await source.process(...neighbors, bad)).toEqual([bad.messageId]);

    expect(new Set(packedKeys(source))).toEqual(new Set(neighbors.map((_, index) => `k${index}`)));
    expect(source.telemetry.fates).toEqual([['WORKER_LOST', 'retried']]);
  });

  test('is dead-lettered alone on its last receive', async () => {
    const source = new SourceServiceHarness({ pool: poisoned('POISON') });
    const bad = await source.place('k-bad', 'POISON');
    expect(await source.process(queueMessage(bad.body, 5), ...(await placeMany(source, 3)))).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['WORKER_LOST']);
    expect(packedKeys(source)).toHaveLength(3);
  });
});

describe('objects whose messages come again since a process was killed without a word', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 7],
    [4, 20],
    [5, 20],
  ])('are packed at receive %i in %i archives', async (receives, archives) => {
    const source = new SourceServiceHarness();
    const messages = await placeMany(source, 20);
    await source.process(...messages.map(({ body }) => queueMessage(body, receives)));
    expect(source.archiveKeys()).toHaveLength(archives);
    expect(packedKeys(source)).toHaveLength(20);
  });

  test('leave their first-time neighbors in one archive', async () => {
    const source = new SourceServiceHarness();
    const [again, ...rest] = await placeMany(source, 6);
    await source.process(queueMessage(again?.body ?? '', 5), ...rest);
    // Those that nothing is known of come first: what has failed may take the process with it.
    expect(source.telemetry.archives.map(({ objects }) => objects)).toEqual([5, 1]);
  });
});

/** Every object takes five minutes. */
class SlowSpeed extends PackingSpeed {
  override predict(works: readonly PackingWork[]): number {
    return works.reduce((sum, { objects }) => sum + 300 * objects, 0);
  }

  override predictUnlearned(works: readonly PackingWork[]): number {
    return this.predict(works);
  }
}

test('objects that no run can hold together are packed in halves, and in halves of those, in the same run', async () => {
  const source = new SourceServiceHarness({ speed: new SlowSpeed(1) });
  expect(await source.process(...(await placeMany(source, 5)))).toEqual([]);
  const sizes = source.archiveKeys().map((key) => readArchive(source.archive(key)).length);
  expect(sizes.toSorted()).toEqual([1, 2, 2]);
  expect(packedKeys(source).toSorted()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4']);
});

test('an object that only this process is too slow for is left to another once, and then packed here', async () => {
  class LearnedSlow extends PackingSpeed {
    override predict(): number {
      return 2000;
    }
    override predictUnlearned(): number {
      return 1;
    }
  }
  const source = new SourceServiceHarness({ speed: new LearnedSlow(1) });
  const message = await source.place('k', 'body');
  expect(await source.process(message)).toEqual([message.messageId]);
  expect(source.telemetry.fates).toEqual([['OBJECT_OVER_LIMITS', 'retried']]);
  expect(source.archiveKeys()).toEqual([]);
  expect(await source.process(queueMessage(message.body, 2))).toEqual([]);
  expect(packedKeys(source)).toEqual(['k']);
});

const LARGE = [{ bytes: 6 * 1024 * MIB, objects: 1, level: 3 }] as const;
const SMALL = [{ bytes: 5, objects: 1, level: 3 }] as const;

describe('what a process learns of its speed', () => {
  test('is nothing from a small archive, however slow it was', () => {
    const speed = new PackingSpeed(2);
    const before = speed.predict(LARGE);
    speed.learn(SMALL, 30);
    speed.learnCutOff(SMALL, 890);
    expect(speed.predict(LARGE)).toBe(before);
  });

  test('is learned from a run that was cut off, so that the same archive is not tried again in the same way', () => {
    const speed = new PackingSpeed(2);
    expect(speed.predict(LARGE)).toBeLessThan(890);
    speed.learnCutOff(LARGE, 890);
    expect(speed.predict(LARGE)).toBeGreaterThan(890);
  });

  test('never sinks because a run was cut off early', () => {
    const speed = new PackingSpeed(2);
    speed.learnCutOff(LARGE, 800);
    const slow = speed.predict(LARGE);
    speed.learnCutOff(LARGE, 30);
    expect(speed.predict(LARGE)).toBe(slow);
  });

  test('is measured time, on the safe side of it', () => {
    const speed = new PackingSpeed(2);
    for (let archive = 0; archive < 10; archive += 1) speed.learn(LARGE, 400);
    expect(speed.predict(LARGE)).toBeCloseTo(400 / 0.6 + 1, 0);
  });
});

describe('an object that only the speed of this process forbids', () => {
  /** It was slow once: what it says of anything is eight times what the table says. */
  function slowProcess(): PackingSpeed {
    const speed = new PackingSpeed(1);
    speed.learnCutOff(LARGE, 1e6);
    return speed;
  }

  test('is retried by another process, not refused for good', async () => {
    const source = new SourceServiceHarness({ speed: slowProcess() });
    source.remaining = 10_000 + 5_000;
    const message = await source.place('k', Buffer.alloc(20 * MIB));
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(source.queue.letters).toEqual([]);
    expect(source.telemetry.fates).toEqual([['OBJECT_OVER_LIMITS', 'retried']]);
  });

  test('is packed on its next receive, wherever that is', async () => {
    const source = new SourceServiceHarness({ speed: slowProcess() });
    source.remaining = 10_000 + 11_000;
    const message = await source.place('k', Buffer.alloc(20 * MIB));
    expect(await source.process(queueMessage(message.body, 2))).toEqual([]);
    expect(packedKeys(source)).toEqual(['k']);
  });

  test('is refused at once when no process could do it', async () => {
    const source = new SourceServiceHarness();
    source.remaining = 10_000 + 1_500;
    const message = await source.place('k', Buffer.alloc(100 * MIB));
    expect(await source.process(message)).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['OBJECT_OVER_LIMITS']);
  });
});

describe('the archives of objects by how often they were received', () => {
  const item = (receiveCount: number): PackItem => ({
    object: { bucket: 'b', key: 'k', size: 1, etag: 'e', eventTime: 0 },
    messages: [queueMessage('', receiveCount)],
    superseded: [],
  });
  const sizes = (count: number, receives: number, maxReceives = 5) =>
    narrowArchives(
      Array.from({ length: count }, () => item(receives)),
      maxReceives,
      (items) => [[...items]],
    ).map(({ length }) => length);

  test.each([
    [1, [1000]],
    [2, [1000]],
    [3, Array(8).fill(125)],
    [4, [...Array<number>(62).fill(16), 8]],
    [5, Array(1000).fill(1)],
    [6, Array(1000).fill(1)],
  ])(
    'are cut at receive %i into whole ones, eighths, eighths of those, and single ones on the last',
    (receives, expected) => {
      expect(sizes(1000, receives)).toEqual(expected);
    },
  );

  test('are of one object on the last receive, however early that is', () => {
    expect(sizes(10, 3, 3)).toEqual(Array(10).fill(1));
  });

  test('begin with those that nothing is known of: what has failed may take the process with it', () => {
    const items = [item(5), item(3), item(1), item(4), item(2)];
    const narrowed = narrowArchives(items, 5, (together) => [[...together]]);
    expect(narrowed.map((archive) => archive.map(receivesOf))).toEqual([[1, 2], [3], [4], [5]]);
  });
});

test.each<[boolean, CompressorError]>([
  [true, new ManifestTooLargeError('too large')],
  [true, new WorkerLostError('killed')],
  [true, new UnexpectedError('a bug')],
  [true, new ObjectArchivedError('in GLACIER')],
  [false, new AccessDeniedError('403')],
  [false, new UnavailableStorageError('503')],
])('that one object of an archive may be at fault is %s of %s', (expected, error) => {
  expect(mayBeOneObject(error)).toBe(expected);
});
