import { describe, expect, test } from '@jest/globals';
import { NO_STATISTICS, type RuleStatistics, type StatisticsUpdate } from '../../src/adaptive/rule-statistics.ts';
import type { StatisticsStore } from '../../src/adaptive/statistics-store.ts';

const UPDATE: StatisticsUpdate = {
  arms: new Map([
    ['text:9', { archives: 1, bytes: 8_388_608, tested: 2_000_000.5, compressed: 1_700_001, cpuSeconds: 0.175 }],
    ['packed:-131072', { archives: 1, bytes: 100, tested: 99, compressed: 101, cpuSeconds: 1e-7 }],
  ]),
  priors: new Map([['text:-5', { gain: 1.4, secondsAByte: 1.6e-9 }]]),
  probes: new Map([['text', { archive: 0, fraction: 0.25 }]]),
};

/** What every store of statistics must do. @param open gives a store; rules of one test are not used by another */
export function describeStatisticsStore(name: string, open: () => StatisticsStore): void {
  describe(`statistics in ${name}`, () => {
    test('of a new rule are empty', async () => {
      await expect(open().load('new')).resolves.toEqual(NO_STATISTICS);
    });

    test('come back as they were added, and the answer to the addition is what is there', async () => {
      const store = open();
      const added = await store.add('first', UPDATE);
      expect(added).toEqual({ archives: 1, landmark: 0, ...UPDATE });
      await expect(store.load('first')).resolves.toEqual(added);
    });

    test('are sums, but a later probe stands in the place of the earlier one', async () => {
      const store = open();
      await store.add('second', UPDATE);
      const later = { ...UPDATE, probes: new Map([['text', { archive: 32, fraction: 0.5 }] as const]) };
      const { archives, arms, probes } = await store.add('second', later);
      expect(archives).toBe(2);
      expect(arms.get('text:9')).toMatchObject({ archives: 2, bytes: 16_777_216, tested: 4_000_001 });
      expect(probes.get('text')).toEqual({ archive: 32, fraction: 0.5 });
    });

    test('lose nothing when 40 archives are added at the same time', async () => {
      const store = open();
      await Promise.all(Array.from({ length: 40 }, () => store.add('busy', UPDATE)));
      const { archives, arms } = await store.load('busy');
      expect(archives).toBe(40);
      expect(arms.get('text:9')?.archives).toBe(40);
      expect(arms.get('text:9')?.compressed).toBe(40 * 1_700_001);
      expect(arms.get('packed:-131072')?.cpuSeconds).toBeCloseTo(40e-7, 12);
    });

    test('are rebased only if nobody has added since', async () => {
      const store = open();
      const current = await store.add('old', UPDATE);
      const rebased: RuleStatistics = {
        ...current,
        landmark: 1,
        arms: new Map([...current.arms].map(([key, sums]) => [key, { ...sums, bytes: sums.bytes / 4 }])),
      };
      await store.rebase('old', current, rebased);
      expect(await store.load('old')).toEqual(rebased);
      const next = await store.add('old', UPDATE);
      await store.rebase('old', rebased, { ...rebased, landmark: 9 });
      expect(await store.load('old')).toEqual(next);
    });
  });
}
