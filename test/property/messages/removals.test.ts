import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareRemovals, lastRemoval, type WriteOrder } from '../../../src/messages/sequencer.ts';
import type { SourceDeletion } from '../../../src/restoring/deletions/deletion-memory.ts';
import { addDeletion } from '../../../src/restoring/deletions/last-deletions.ts';
import { isBeforeDeletion, type ProvenanceStamp } from '../../../src/storage/provenance.ts';

/** Removals and writes of one key, some without a sequencer; times agree with sequencers. */
const moment = fc.integer({ min: 0, max: 9 });
const order: fc.Arbitrary<WriteOrder> = fc.oneof(
  moment.map((eventTime) => ({ eventTime })),
  moment.map((eventTime) => ({ eventTime, sequencer: `0${eventTime}` })),
);

const isDeleted = (written: WriteOrder, deletion: WriteOrder): boolean => {
  const stamp = (of: WriteOrder, etag: string): ProvenanceStamp => ({ origin: 'o', etag, ...of });
  return isBeforeDeletion(stamp(written, 'e'), stamp(deletion, ''));
};

test('the last of several removals deletes exactly what any of them deletes, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(order, { minLength: 1, maxLength: 6 }), order, (removals, written) => {
      const last = lastRemoval(removals);
      const any = removals.some((removal) => isDeleted(written, removal));
      for (const some of [
        removals.toReversed(),
        removals.toSorted((left, right) => left.eventTime - right.eventTime),
      ]) {
        expect(lastRemoval(some)?.eventTime).toBe(last?.eventTime);
      }
      expect(last !== undefined && isDeleted(written, last)).toBe(any);
    }),
    { numRuns: 2000 },
  );
});

test('two removals have the same order from either side', () => {
  fc.assert(
    fc.property(order, order, (left, right) => {
      expect(Math.sign(compareRemovals(left, right)) + Math.sign(compareRemovals(right, left))).toBe(0);
    }),
  );
});

/** Here, times may contradict sequencers. */
const deletion: fc.Arbitrary<SourceDeletion> = fc.record(
  {
    key: fc.constant('k'),
    eventTime: moment,
    sequencer: fc.constantFrom('01', '02', '0200', '03'),
    kind: fc.constant('note' as const),
  },
  { requiredKeys: ['key', 'eventTime'] },
);

test('the deletions kept for a key delete the same sequenced writes that all of its deletions would', () => {
  fc.assert(
    fc.property(
      fc.array(deletion, { maxLength: 8 }),
      moment,
      fc.constantFrom('01', '02', '03'),
      (all, time, sequencer) => {
        const written = { eventTime: time, sequencer };
        const ofKind = (list: readonly SourceDeletion[], kind: 'note' | undefined): boolean =>
          list.some((each) => each.kind === kind && isDeleted(written, each));
        const add = (list: readonly SourceDeletion[]): readonly SourceDeletion[] =>
          list.reduce<readonly SourceDeletion[]>(addDeletion, []);
        for (const kept of [add(all), add(all.toReversed())]) {
          for (const kind of ['note', undefined] as const) {
            expect(ofKind(kept, kind)).toBe(ofKind(all, kind));
            expect(kept.filter((each) => each.kind === kind).length).toBeLessThanOrEqual(2);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});
