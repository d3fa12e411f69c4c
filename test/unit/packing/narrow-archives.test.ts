import { describe, expect, test } from '@jest/globals';
import { WorkerLostError } from '../../../src/compression/errors.ts';
import type { CompressFrameTask } from '../../../src/compression/frame-contract.ts';
import { type CompressorError, UnexpectedError } from '../../../src/errors.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { ManifestTooLargeError } from '../../../src/packing/errors.ts';
import { mayBeCausedByOneObject, narrowArchives, receiveCountOf } from '../../../src/packing/narrow-archives.ts';
import { PackingSpeed, type PackingWork } from '../../../src/packing/packing-speed.ts';
import { AccessDeniedError, ObjectArchivedError, UnavailableStorageError } from '../../../src/storage/errors.ts';
import { MIB } from '../../../src/units.ts';
import { readArchive } from '../../support/archives.ts';
import { queueMessage } from '../../support/notifications.ts';
import { inlineCompression, SourceServiceHarness } from '../../support/source-service.ts';

/** A pool whose worker dies on every frame that contains the poison. */
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

describe('one object that crashes its worker', () => {
  test('fails alone, with its reason, and the others are packed in the same invocation', async () => {
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

describe('objects that are received again because a process was killed', () => {
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

  test('do not split the archive of objects that are received for the first time', async () => {
    const source = new SourceServiceHarness();
    const [again, ...rest] = await placeMany(source, 6);
    await source.process(queueMessage(again?.body ?? '', 5), ...rest);
    // Objects without failures come first: the others may crash the process.
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

test('objects that take too long together are packed in halves and quarters in the same invocation', async () => {
  const source = new SourceServiceHarness({ speed: new SlowSpeed(1) });
  expect(await source.process(...(await placeMany(source, 5)))).toEqual([]);
  const sizes = source.archiveKeys().map((key) => readArchive(source.archive(key)).length);
  expect(sizes.toSorted()).toEqual([1, 2, 2]);
  expect(packedKeys(source).toSorted()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4']);
});

test('an object that is too slow only for this process is retried once elsewhere, then packed here', async () => {
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

describe('the speed that a process learns', () => {
  test('does not change with a small archive, however slow it was', () => {
    const speed = new PackingSpeed(2);
    const before = speed.predict(LARGE);
    speed.learn(SMALL, 30);
    speed.learnCutOff(SMALL, 890);
    expect(speed.predict(LARGE)).toBe(before);
  });

  test('is corrected when an archive is cut off, so that it is not tried again in the same way', () => {
    const speed = new PackingSpeed(2);
    expect(speed.predict(LARGE)).toBeLessThan(890);
    speed.learnCutOff(LARGE, 890);
    expect(speed.predict(LARGE)).toBeGreaterThan(890);
  });

  test('does not improve when an archive is cut off early', () => {
    const speed = new PackingSpeed(2);
    speed.learnCutOff(LARGE, 800);
    const slow = speed.predict(LARGE);
    speed.learnCutOff(LARGE, 30);
    expect(speed.predict(LARGE)).toBe(slow);
  });

  test('follows measured times with a safety margin', () => {
    const speed = new PackingSpeed(2);
    for (let archive = 0; archive < 10; archive += 1) speed.learn(LARGE, 400);
    expect(speed.predict(LARGE)).toBeCloseTo(400 / 0.6 + 1, 0);
  });
});

describe('an object that is too large only for the learned speed', () => {
  /** It was slow once, and now predicts eight times what the table says. */
  function slowProcess(): PackingSpeed {
    const speed = new PackingSpeed(1);
    speed.learnCutOff(LARGE, 1e6);
    return speed;
  }

  test('is retried by another process instead of being refused', async () => {
    const source = new SourceServiceHarness({ speed: slowProcess() });
    source.remaining = 10_000 + 5_000;
    const message = await source.place('k', Buffer.alloc(20 * MIB));
    expect(await source.process(message)).toEqual([message.messageId]);
    expect(source.queue.letters).toEqual([]);
    expect(source.telemetry.fates).toEqual([['OBJECT_OVER_LIMITS', 'retried']]);
  });

  test('is packed on its next receive, by any process', async () => {
    const source = new SourceServiceHarness({ speed: slowProcess() });
    source.remaining = 10_000 + 11_000;
    const message = await source.place('k', Buffer.alloc(20 * MIB));
    expect(await source.process(queueMessage(message.body, 2))).toEqual([]);
    expect(packedKeys(source)).toEqual(['k']);
  });

  test('is refused at once if no process could pack it in time', async () => {
    const source = new SourceServiceHarness();
    source.remaining = 10_000 + 1_500;
    const message = await source.place('k', Buffer.alloc(100 * MIB));
    expect(await source.process(message)).toEqual([]);
    expect(source.queue.letters.map(({ reason }) => reason.code)).toEqual(['OBJECT_OVER_LIMITS']);
  });
});

describe('archives narrowed by receive count', () => {
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
    'hold all objects at receive %i, then eighths, sixty-fourths, and single objects at the last',
    (receives, expected) => {
      expect(sizes(1000, receives)).toEqual(expected);
    },
  );

  test('hold one object at the last receive, however early that is', () => {
    expect(sizes(10, 3, 3)).toEqual(Array(10).fill(1));
  });

  test('start with objects that have not failed, since the others may crash the process', () => {
    const items = [item(5), item(3), item(1), item(4), item(2)];
    const narrowed = narrowArchives(items, 5, (together) => [[...together]]);
    expect(narrowed.map((archive) => archive.map(receiveCountOf))).toEqual([[1, 2], [3], [4], [5]]);
  });
});

test.each<{ readonly expected: boolean; readonly error: CompressorError }>([
  { expected: true, error: new ManifestTooLargeError('too large') },
  { expected: true, error: new WorkerLostError('killed') },
  { expected: true, error: new UnexpectedError('a bug') },
  { expected: true, error: new ObjectArchivedError('in GLACIER') },
  { expected: false, error: new AccessDeniedError('403') },
  { expected: false, error: new UnavailableStorageError('503') },
])('mayBeCausedByOneObject is $expected for $error.code', ({ expected, error }) => {
  expect(mayBeCausedByOneObject(error)).toBe(expected);
});
