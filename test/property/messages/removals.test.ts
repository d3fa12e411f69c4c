import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareRemovals, lastRemoval, type WriteOrder } from '../../../src/messages/sequencer.ts';
import { isBeforeDeletion, type ProvenanceStamp } from '../../../src/storage/provenance.ts';

/** Removals and writes of one key, some without a sequencer; the clock of those that have one agrees with it. */
const moment = fc.integer({ min: 0, max: 9 });
const order: fc.Arbitrary<WriteOrder> = fc.oneof(
  moment.map((eventTime) => ({ eventTime })),
  moment.map((eventTime) => ({ eventTime, sequencer: `0${eventTime}` })),
);

const isDeleted = (written: WriteOrder, deletion: WriteOrder): boolean => {
  const stamp = (of: WriteOrder, etag: string): ProvenanceStamp => ({ origin: 'o', etag, ...of });
  return isBeforeDeletion(stamp(written, 'e'), stamp(deletion, ''));
};

test('the removal that stands for several deletes what any of them deletes, and nothing newer, whatever their order', () => {
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

test('two removals are ordered in one way, seen from either', () => {
  fc.assert(
    fc.property(order, order, (left, right) => {
      expect(Math.sign(compareRemovals(left, right)) + Math.sign(compareRemovals(right, left))).toBe(0);
    }),
  );
});
