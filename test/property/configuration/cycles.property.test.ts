import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findCycles, type KeyFlow } from '../../../src/configuration/checks/find-cycles.ts';

const word = (maxLength: number) => fc.string({ unit: fc.constantFrom('x', 'y'), maxLength });
const bucket = fc.constantFrom('a', 'b', 'c');
const flow: fc.Arbitrary<Omit<KeyFlow, 'rule'>> = fc.record({
  from: fc.record({ bucket, filter: fc.record({ prefix: word(2), suffix: word(1) }) }),
  to: fc.array(fc.record({ bucket, prefix: word(1) }), { minLength: 1, maxLength: 2 }),
});

const MAX_RULES = 4;
/** Long enough for all filters and target prefixes of so many rules, plus a suffix. */
const KEYS = allKeys(6);

function allKeys(maxLength: number): string[] {
  const keys = [''];
  for (const key of keys) if (key.length < maxLength) keys.push(`${key}x`, `${key}y`);
  return keys;
}

function takes({ from }: KeyFlow, at: string, key: string): boolean {
  return from.bucket === at && key.startsWith(from.filter.prefix) && key.endsWith(from.filter.suffix);
}

/** Follows real keys instead of sets of keys. */
function someKeyReturns(flows: readonly KeyFlow[]): boolean {
  const returns = (start: KeyFlow, rule: KeyFlow, key: string, steps: number): boolean =>
    steps > 0 &&
    rule.to.some(({ bucket: at, prefix }) =>
      flows.some(
        (next) => takes(next, at, prefix + key) && (next === start || returns(start, next, prefix + key, steps - 1)),
      ),
    );
  return flows.some((start) =>
    KEYS.some((key) => takes(start, start.from.bucket, key) && returns(start, start, key, flows.length)),
  );
}

describe('findCycles', () => {
  test('finds a cycle exactly if some key returns to the rule that packed it', () => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: MAX_RULES }), (list) => {
        const flows = list.map((each, rule) => ({ ...each, rule }));
        expect(findCycles(flows).length > 0).toBe(someKeyReturns(flows));
      }),
      { numRuns: 400 },
    );
  });

  test('terminates for millions of paths without a cycle', () => {
    const flows = Array.from({ length: 100 }, (_, index): KeyFlow => {
      const layer = Math.floor(index / 10);
      const to = Array.from({ length: 5 }, (__, target) => ({ bucket: `${layer + 1}-${target}`, prefix: '' }));
      return {
        rule: index,
        from: { bucket: `${layer}-${index % 10}`, filter: { prefix: `${index % 3}`, suffix: '' } },
        to,
      };
    });
    expect(findCycles(flows)).toEqual([]);
  });
});
