import { describe, expect, test } from '@jest/globals';
import type { EntrySource } from '../../../src/backfill/dependencies.ts';
import { type BackfillDependencies, type BackfillRequest, runBackfill } from '../../../src/backfill/run-backfill.ts';
import { InvalidInventoryError } from '../../../src/inventory/errors.ts';
import { UnavailableQueueError } from '../../../src/messages/errors.ts';
import { parseNotification } from '../../../src/messages/parse-notification.ts';
import { LAST_MODIFIED, listedObject, pagedSource, RecordingQueue, SkippingClock } from '../../support/backfill.ts';
import { exampleRule } from '../../support/rules.ts';

const objects = Array.from({ length: 25 }, (_, index) => listedObject(`k${String(index).padStart(2, '0')}`));
const request: BackfillRequest = {
  rule: exampleRule(),
  filter: {},
  pace: {},
  signal: new AbortController().signal,
};

interface Saved {
  readonly position: string;
  readonly queued: number;
}

function dependencies(
  queue: RecordingQueue,
  source = pagedSource(objects, 10),
  saved: Saved[] = [],
): BackfillDependencies {
  return {
    source,
    queue,
    clock: new SkippingClock(),
    checkpoint: (position, { queued }) => {
      saved.push({ position, queued });
      return Promise.resolve();
    },
    onProgress: () => undefined,
    onArchived: () => undefined,
  };
}

test('queues each object once, with the ETag and date that were listed', async () => {
  const queue = new RecordingQueue();
  const counts = await runBackfill(request, dependencies(queue));
  expect(counts).toEqual({ listed: 25, queued: 25, queuedBytes: 250, leftOut: 0, archived: 0 });
  expect(queue.keys).toEqual(objects.map(({ key }) => key));
  expect(parseNotification(queue.bodies[3] ?? '').created).toMatchObject([
    { bucket: 'source-bucket', key: 'k03', size: 10, etag: 'etag of k03', eventTime: LAST_MODIFIED - 1 },
  ]);
});

test('counts and names archived objects, and queues only what the filter selects', async () => {
  const named: string[] = [];
  const queue = new RecordingQueue();
  const source = pagedSource(
    [listedObject('a'), listedObject('b', { storageClass: 'GLACIER' }), listedObject('c', { size: 1 })],
    10,
  );
  const counts = await runBackfill(
    { ...request, filter: { minSize: 5 } },
    { ...dependencies(queue, source), onArchived: ({ key }) => named.push(key) },
  );
  expect([queue.keys, named]).toEqual([['a'], ['b']]);
  expect(counts).toEqual({ listed: 3, queued: 1, queuedBytes: 10, leftOut: 1, archived: 1 });
});

describe('an interruption', () => {
  test('by the queue leaves a position up to which everything is queued', async () => {
    const saved: Saved[] = [];
    const queue = new RecordingQueue((sent) => {
      if (sent === 10) throw new UnavailableQueueError('away');
    });
    await expect(runBackfill(request, dependencies(queue, undefined, saved))).rejects.toThrow(UnavailableQueueError);
    expect(saved).toEqual([{ position: '10', queued: 10 }]);
  });

  test('by Ctrl-C does the same, and the next run resumes there with all counts', async () => {
    const saved: Saved[] = [];
    const stop = new AbortController();
    const queue = new RecordingQueue((sent) => {
      if (sent === 10) stop.abort(new Error('Ctrl-C'));
    });
    const first = runBackfill(
      { ...request, pace: { rate: 10 }, signal: stop.signal },
      dependencies(queue, undefined, saved),
    );
    await expect(first).rejects.toThrow('Ctrl-C');
    const position = saved.at(-1)?.position ?? '';
    const counts = { listed: 20, queued: 20, queuedBytes: 200, leftOut: 0, archived: 0 };
    expect(position).toBe('20');
    const rest = new RecordingQueue();
    const all = await runBackfill({ ...request, resumed: { position, counts } }, dependencies(rest));
    expect([...queue.keys, ...rest.keys]).toEqual(objects.map(({ key }) => key));
    expect(all).toEqual({ listed: 25, queued: 25, queuedBytes: 250, leftOut: 0, archived: 0 });
  });

  test('before anything is queued saves nothing', async () => {
    const saved: Saved[] = [];
    const stopped = { ...request, signal: AbortSignal.abort(new Error('Ctrl-C')) };
    await expect(runBackfill(stopped, dependencies(new RecordingQueue(), undefined, saved))).rejects.toThrow('Ctrl-C');
    expect(saved).toEqual([]);
  });
});

test('the position is saved every five seconds', async () => {
  const saved: Saved[] = [];
  await runBackfill({ ...request, pace: { rate: 2 } }, dependencies(new RecordingQueue(), undefined, saved));
  expect(saved.length).toBeGreaterThan(1);
  expect(saved.at(-1)).toEqual({ position: '25', queued: 25 });
});

test('objects from a damaged file are not kept as done', async () => {
  const saved: Saved[] = [];
  const source: EntrySource = {
    async *read(after, signal) {
      yield* pagedSource(objects, 10).read(after, signal);
      throw new InvalidInventoryError('damaged');
    },
    rewind: (position) => String(Math.min(20, Number(position))),
  };
  const queue = new RecordingQueue();
  await expect(runBackfill(request, dependencies(queue, source, saved))).rejects.toThrow('damaged');
  expect(saved.at(-1)?.position).toBe('20');
  expect(queue.keys).toHaveLength(25);
});
