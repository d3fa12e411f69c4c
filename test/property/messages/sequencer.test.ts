import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareSequencers, compareWrites, isProvenOlder, type WriteOrder } from '../../../src/messages/sequencer.ts';

/** Few values, so that ties, equal sequencers of different lengths and contradicting times are frequent. */
const write: fc.Arbitrary<WriteOrder> = fc.record(
  { sequencer: fc.constantFrom('01', '0100', '02', '0A', '0a', '0a1'), eventTime: fc.integer({ min: 0, max: 4 }) },
  { requiredKeys: ['eventTime'] },
);

const sign = (left: WriteOrder, right: WriteOrder): number => Math.sign(compareWrites(left, right));

describe('the order of writes to one key', () => {
  test('is total: no three writes form a cycle, whichever of them have a sequencer', () => {
    fc.assert(
      fc.property(write, write, write, (a, b, c) => {
        expect(sign(a, b) + sign(b, a)).toBe(0);
        expect(sign(a, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
        if (sign(a, b) === 0 && sign(b, c) === 0) expect(sign(a, c)).toBe(0);
      }),
      { numRuns: 5000 },
    );
  });

  test('does not depend on the order in which events arrive', () => {
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 7 }), (writes, turn) => {
        const rotated = [...writes.slice(turn), ...writes.slice(0, turn)].toReversed();
        const [first, other] = [writes, rotated].map((some) => some.toSorted(compareWrites));
        first?.forEach((one, index) => {
          const at = other?.[index];
          expect(at && compareWrites(one, at)).toBe(0);
        });
      }),
    );
  });

  test('follows the sequencers if both writes have one, and is proven only then', () => {
    fc.assert(
      fc.property(write, write, (a, b) => {
        const both = a.sequencer !== undefined && b.sequencer !== undefined;
        if (a.sequencer !== undefined && b.sequencer !== undefined) {
          expect(sign(a, b)).toBe(compareSequencers(a.sequencer, b.sequencer));
        }
        expect(isProvenOlder(a, b)).toBe(both && sign(a, b) < 0);
      }),
    );
  });
});
