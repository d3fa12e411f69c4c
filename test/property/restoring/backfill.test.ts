import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backfillMessage, orderOfListedObject } from '../../../src/messages/backfill-message.ts';
import type { QueueMessage } from '../../../src/messages/message-queue.ts';
import { decodeStamp } from '../../../src/storage/provenance.ts';
import { queueMessage } from '../../support/notifications.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';
import { TARGET, TargetRegion } from '../../support/target-region.ts';

const KEY = 'k';
const BUCKET = 'source-bucket';
const BEGIN = Date.UTC(2026, 10, 23, 10);

/** Versions of a key: milliseconds since the previous one. Many fall into the same second. */
const gaps = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 5 });

/** What happens after each write, by version number. */
interface Step {
  /** Whether the object is listed now, and how often its message is packed. */
  readonly listings: number;
  /** Versions, of those written so far, whose events are packed now. */
  readonly events: readonly number[];
}
const steps = fc.array(
  fc.record({ listings: fc.nat({ max: 2 }), events: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }) }),
  { minLength: 5, maxLength: 5 },
);

interface PackedArchive {
  readonly key: string;
  readonly bytes: Buffer;
  readonly backfilled: boolean;
}

/** Writes one version after the other, lists and packs in between, and packs every event in the end. */
async function packAll(times: readonly number[], between: readonly Step[]): Promise<PackedArchive[]> {
  const source = new SourceServiceHarness();
  const archives: PackedArchive[] = [];
  const pack = async (message: QueueMessage, backfilled: boolean): Promise<void> => {
    const before = new Set(source.archiveKeys());
    expect(await source.process(message)).toEqual([]);
    const made = source.archiveKeys().filter((key) => !before.has(key));
    archives.push(...made.map((key) => ({ key, bytes: source.archive(key), backfilled })));
  };
  const events: QueueMessage[] = [];
  for (const [index, time] of times.entries()) {
    const text = String(index);
    const sequencer = (0x10 + index).toString(16);
    const event = await source.place(KEY, text, {}, { sequencer, eventTime: new Date(time).toISOString() });
    events.push(event);
    const etag = source.memory.look({ bucket: BUCKET, key: KEY })?.description.etag ?? '';
    const listed = { bucket: BUCKET, key: KEY, etag, size: text.length, order: orderOfListedObject(time) };
    const { listings = 0, events: now = [] } = between[index] ?? {};
    for (let count = 0; count < listings; count += 1) await pack(queueMessage(backfillMessage(listed, time)), true);
    for (const version of now) await pack(events[version] ?? event, false);
  }
  for (const event of events) await pack(event, false);
  return archives;
}

test('a backfilled object never replaces a later version from an event, and the last write wins', async () => {
  await fc.assert(
    fc.asyncProperty(gaps, steps, fc.array(fc.nat(), { maxLength: 40 }), async (pauses, between, shuffle) => {
      const times = pauses.map((_, index) => BEGIN + pauses.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0));
      const archives = await packAll(times, between);
      // In any order, each at least once.
      const arrivals = archives.map((archive, index) => ({ archive, rank: shuffle[index] ?? index }));
      const target = new TargetRegion();
      let broughtByEvent = -1;
      for (const { archive } of arrivals.toSorted((left, right) => left.rank - right.rank)) {
        const { batchItemFailures } = await target.process(await target.arrive(archive.bytes, archive.key));
        expect(batchItemFailures).toEqual([]);
        const version = Number(target.text(KEY));
        const stamp = target.store.look({ bucket: TARGET, key: KEY })?.description.metadata['s3xrc'];
        if (archive.backfilled) expect(version).toBeGreaterThanOrEqual(broughtByEvent);
        // An older event leaves what a backfill has written, and its stamp, which has no sequencer.
        else if (decodeStamp(stamp, { bucket: TARGET, key: KEY })?.stamp.sequencer !== undefined) {
          broughtByEvent = Math.max(broughtByEvent, version);
        }
      }
      expect(target.text(KEY)).toBe(String(times.length - 1));
      expect(target.store.look({ bucket: TARGET, key: KEY })?.description.metadata['s3xrc']).toBeDefined();
    }),
    { numRuns: 25 },
  );
});
