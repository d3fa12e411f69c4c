import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BackfillCounts, noCounts, runBackfill } from '../../../src/backfill/run-backfill.ts';
import { listedObject, pagedSource, RecordingQueue, SkippingClock } from '../../support/backfill.ts';
import { exampleRule } from '../../support/rules.ts';

test('a backfill queues everything if its runs are killed at any time and resumed from the last checkpoint', async () => {
  const kills = fc.array(fc.record({ sends: fc.integer({ min: 1, max: 12 }), isSaved: fc.boolean() }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 40 }), kills, async (count, pageSize, ends) => {
      const objects = Array.from({ length: count }, (_, index) => listedObject(`k${index}`));
      const queued = new Set<string>();
      let checkpoint: { position: string; counts: BackfillCounts } | undefined;
      let final = noCounts();
      for (const end of [...ends, undefined]) {
        let sends = 0;
        const queue = new RecordingQueue(() => {
          sends += 1;
          if (sends === end?.sends) throw new Error('killed');
        });
        const run = runBackfill(
          {
            rule: exampleRule(),
            filter: {},
            pace: { rate: 20 },
            resumed: checkpoint,
            signal: new AbortController().signal,
          },
          {
            source: pagedSource(objects, pageSize),
            queue,
            clock: new SkippingClock(),
            checkpoint: (position, counts) => {
              // The process may be killed before the last checkpoint is saved.
              if (end?.isSaved !== false) checkpoint = { position, counts };
              return Promise.resolve();
            },
            onProgress: () => undefined,
            onArchived: () => undefined,
          },
        );
        final = await run.catch(() => noCounts());
        for (const key of queue.keys) queued.add(key);
      }
      expect(queued.size).toBe(count);
      expect([final.listed, final.queued, final.queuedBytes]).toEqual([count, count, 10 * count]);
    }),
    { numRuns: 200 },
  );
});
