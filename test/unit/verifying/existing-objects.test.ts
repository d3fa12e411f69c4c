import { expect, test } from '@jest/globals';
import { ListingSource } from '../../../src/backfill/entry-sources.ts';
import { runBackfill } from '../../../src/backfill/run-backfill.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { runVerification } from '../../../src/verifying/run-verification.ts';
import { RecordingQueue } from '../../support/backfill.ts';
import { FailingObjectStore } from '../../support/failing-object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { MemoryStorePager } from '../../support/memory-store-pager.ts';
import { queueMessage, s3Notification } from '../../support/notifications.ts';
import { exampleRule } from '../../support/rules.ts';
import { OUTBOUND, SourceServiceHarness } from '../../support/source-service.ts';
import { TARGET, TargetRegion } from '../../support/target-region.ts';

const OBJECTS = 4000;
const BUCKET = 'source-bucket';
const { signal } = new AbortController();
const keys = Array.from({ length: OBJECTS }, (_, index) => `logs/${index}`);
/** Every 97th call of its kind fails. */
const often = Array.from({ length: 400 }, (_, index) => 97 * (index + 1));

test('a bucket filled before the rule, overwritten while the backfill runs, with faults: 0 missing, 0 different', async () => {
  let now = Date.UTC(2026, 10, 23, 10);
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const rule = exampleRule({}, [{ bucket: TARGET }]);
  const source = new MemoryObjectStore({ now: clock.now });
  for (const key of keys) await source.place({ bucket: BUCKET, key }, Buffer.from(`body of ${key}`));
  now += 3_600_000;

  const events: string[] = [];
  let sequencer = 0x100;
  const overwrite = async (key: string): Promise<void> => {
    const body = Buffer.from(`new body of ${key}`);
    const etag = await source.place({ bucket: BUCKET, key }, body);
    sequencer += 1;
    const eventTime = new Date(now + 250).toISOString();
    events.push(s3Notification({ key, etag, size: body.length, eventTime, sequencer: sequencer.toString(16) }));
  };
  const queue = new RecordingQueue();
  await runBackfill(
    { rule, filter: {}, pace: {}, signal },
    {
      source: new ListingSource(new MemoryStorePager(source), BUCKET, ''),
      queue: {
        // Keys that are already queued, and keys that are not queued yet.
        send: async (bodies) => {
          await queue.send(bodies);
          for (let index = 0; index < 50; index += 1) {
            now += 40;
            await overwrite(keys[(events.length * 37) % OBJECTS] ?? '');
          }
        },
      },
      clock,
      checkpoint: () => Promise.resolve(),
      onProgress: () => undefined,
      onArchived: () => undefined,
    },
  );
  expect(queue.bodies).toHaveLength(OBJECTS);
  expect(events.length).toBeGreaterThan(150);
  now += 60_000;

  const store = new FailingObjectStore(source, { read: often, put: [2, 5] });
  const service = new SourceServiceHarness({ rule, store, now: clock.now });
  // Events arrive between and after backfilled objects, never in the order of the writes.
  let waiting = [...queue.bodies, ...events.toReversed()].map((body) => queueMessage(body));
  for (let round = 0; waiting.length > 0 && round < 6; round += 1) {
    const returned: QueueMessage[] = [];
    for (let at = 0; at < waiting.length; at += 500) {
      const batch = waiting.slice(at, at + 500);
      const ids = new Set(await service.process(...batch));
      returned.push(...batch.filter(({ messageId }) => ids.has(messageId)));
    }
    waiting = returned.map((message) => ({ ...message, receiveCount: 1 }));
  }
  expect(waiting).toEqual([]);

  const region = new TargetRegion({
    rules: [rule],
    now: clock.now,
    wrap: (memory) => new FailingObjectStore(memory, { put: often }),
  });
  for (const key of source.keys(OUTBOUND).toReversed()) {
    const bytes = source.look({ bucket: OUTBOUND, key })?.body ?? Buffer.alloc(0);
    const message = await region.arrive(bytes, key);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      if ((await region.process(message)).batchItemFailures.length === 0) break;
    }
  }
  const counts = await runVerification(
    { rule, filter: {}, proof: 'bytes', oneIn: 1, dueBefore: now, pace: {}, signal },
    {
      source: { pager: new MemoryStorePager(source), store: source },
      destinations: rule.destinations.map((destination) => {
        return { destination, pager: new MemoryStorePager(region.store), store: region.store };
      }),
      clock,
      checkpoint: () => Promise.resolve(),
      onProgress: () => undefined,
      onFinding: () => undefined,
    },
  );
  expect(counts).toMatchObject({
    equal: OBJECTS,
    missing: 0,
    older: 0,
    different: 0,
    foreign: 0,
    extra: 0,
    unproven: 0,
  });
});
