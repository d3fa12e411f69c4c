import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { growthFactor } from '../../../../src/cli/estimate/frame-growth.ts';
import { planSample } from '../../../../src/cli/estimate/plan-sample.ts';
import { OTHER_PREFIXES, Population } from '../../../../src/cli/estimate/population.ts';
import { Reservoir } from '../../../../src/cli/estimate/reservoir.ts';
import { groupUnits, layOutFrame } from '../../../../src/cli/estimate/sample-frames.ts';
import { sampleRandom } from '../../../../src/cli/estimate/sample-random.ts';
import type { ObjectEntry } from '../../../../src/listing/dependencies.ts';

const MB = 1e6;

function populationOf(entries: readonly ObjectEntry[], depth = 1, prefix = ''): Population {
  const population = new Population({ prefix, depth, since: 1000, random: sampleRandom(1) });
  for (const entry of entries) population.add(entry);
  return population;
}

describe('the candidates for a sample', () => {
  test('are all equally likely, wherever they are in the list', () => {
    const random = sampleRandom(3);
    const hits = new Array<number>(100).fill(0);
    for (let run = 0; run < 2000; run += 1) {
      const reservoir = new Reservoir<number>(10);
      for (let item = 0; item < 100; item += 1) reservoir.add(item, random());
      const taken = reservoir.take();
      expect(taken).toHaveLength(10);
      for (const item of taken) hits[item] = (hits[item] ?? 0) + 1;
    }
    // 200 each; the standard deviation is 13.4.
    expect(Math.min(...hits)).toBeGreaterThan(140);
    expect(Math.max(...hits)).toBeLessThan(260);
  });

  test('stay bounded as the number of objects grows', () => {
    const population = new Population({ prefix: '', depth: 1, since: 0, random: sampleRandom(1) });
    for (let index = 0; index < 300_000; index += 1) {
      population.add({ key: `${index % 150}/${index}.${index % 2 === 0 ? 'json' : 'jpg'}`, size: 4 ** (index % 7) });
    }
    const candidates = population.strata.reduce((sum, { reservoir }) => sum + reservoir.size, 0);
    expect(candidates).toBeLessThanOrEqual(200_000);
    expect(population.strata.reduce((sum, { totals }) => sum + totals.objects, 0)).toBe(300_000);
  });
});

describe('the population', () => {
  test('is reported by folders below the prefix', () => {
    const entries = ['p/a/1/x', 'p/a/2/x', 'p/b/x', 'p/x'].map((key) => ({ key, size: 1 }));
    const groupsOf = (depth: number): string[] => [
      ...new Set(populationOf(entries, depth, 'p/').strata.map(({ group }) => group)),
    ];
    expect(groupsOf(1)).toEqual(['p/a/', 'p/b/', 'p/']);
    expect(groupsOf(2)).toEqual(['p/a/1/', 'p/a/2/', 'p/b/', 'p/']);
  });

  test('has one group for the prefixes that exceed the limit', () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({ key: `${index}/x`, size: 1 }));
    const groups = new Set(populationOf(entries).strata.map(({ group }) => group));
    expect(groups.size).toBe(201);
    expect(groups).toContain(OTHER_PREFIXES);
  });

  test('knows what is recent, what is large and what cannot be read', () => {
    const population = populationOf([
      { key: 'a.json', size: 10, lastModified: 999 },
      { key: 'b.json', size: 12, lastModified: 1000 },
      { key: 'c.json', size: 64 * 2 ** 20, lastModified: 1001 },
      { key: 'd.json', size: 5, storageClass: 'DEEP_ARCHIVE' },
      { key: 'e.json', size: 5, storageClass: 'GLACIER_IR' },
    ]);
    const recent = population.strata.map((stratum) => stratum.recent.objects);
    expect(recent.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(population.strata.some(({ totals }) => totals.largeObjects === 1 && totals.largeWrites === 9)).toBe(true);
    expect(population.archived).toMatchObject({ objects: 1, bytes: 5 });
  });
});

describe('the plan of a sample', () => {
  test('keeps to its byte limit, reads from every stratum, and reads no byte twice', () => {
    const entry = fc.record({
      key: fc.string({ unit: fc.constantFrom('a', 'b', '/', '.json', '.jpg'), minLength: 1, maxLength: 5 }),
      size: fc.oneof(fc.nat(5000), fc.nat(40 * MB)),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 * MB }),
        (entries, budget) => {
          const { strata } = populationOf(entries);
          const samples = planSample(strata, budget, sampleRandom(2));
          const units = samples.flatMap((sample) => sample.units);
          for (const sample of samples) expect(sample.units.length).toBeGreaterThan(0);
          const bytes = units.reduce((sum, { length }) => sum + length, 0);
          // At most one more unit per stratum.
          const most = Math.max(...units.map(({ length }) => length), 0);
          expect(bytes).toBeLessThanOrEqual(budget + samples.length * most);
          for (const unit of units) {
            expect(unit.start + unit.length).toBeLessThanOrEqual(unit.entry.size);
            const others = units.filter((other) => other.entry === unit.entry && other !== unit);
            expect(
              others.every(({ start, length }) => start >= unit.start + unit.length || start + length <= unit.start),
            ).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('makes frames of similar size, with every unit in one of them', () => {
    const units = Array.from({ length: 37 }, (_, index) => ({
      entry: { key: `k-${index}`, size: 10_000 },
      start: 0,
      length: 10_000,
    }));
    const groups = groupUnits(units, 100_000);
    expect(groups.flat()).toHaveLength(37);
    const sizes = groups.map(
      (group) => layOutFrame(group.map((unit) => ({ unit, bytes: new Uint8Array(10_000) }))).size,
    );
    expect(Math.max(...sizes)).toBeLessThan(120_000);
    expect(Math.min(...sizes)).toBeGreaterThan(80_000);
  });
});

describe('frames larger than those of the sample', () => {
  test.each([
    ['gain nothing if half frames compress equally well', 0, 8, 1],
    ['gain nothing at the same size', 0.2, 1, 1],
    ['gain 0.6 of the last doubling in one doubling', 0.1, 2, 0.94],
    ['gain half of that in half a doubling', 0.1, Math.SQRT2, 0.97],
    ['gain less with each further doubling', 0.1, 4, 0.94 * 0.964],
  ])('%s', (_, gain, growth, factor) => {
    expect(growthFactor(gain, growth)).toBeCloseTo(factor, 10);
  });
});
