import { describe, expect, test } from '@jest/globals';
import {
  DECAY_ARCHIVES,
  NO_STATISTICS,
  type RuleStatistics,
  type StatisticsUpdate,
  type WeightedUpdate,
} from '../../src/adaptive/rule-statistics.ts';
import { StatisticsCache } from '../../src/adaptive/statistics-cache.ts';
import type { StatisticsStore } from '../../src/adaptive/statistics-store.ts';

const LESSON: StatisticsUpdate = {
  arms: new Map([
    ['text:9', { archives: 1, bytes: 8_388_608, tested: 2_000_000.5, compressed: 1_700_001, cpuSeconds: 0.175 }],
    ['packed:-131072', { archives: 1, bytes: 100, tested: 99, compressed: 101, cpuSeconds: 1e-7 }],
  ]),
  priors: new Map([['text:-5', { gain: 1.4, secondsPerByte: 1.6e-9 }]]),
  probes: new Map([['text', { archive: 0, fraction: 0.25 }]]),
};
const UPDATE: WeightedUpdate = { ...LESSON, landmark: 0 };

/** What every statistics store must do. @param open opens a store; no two tests use the same rules */
export function describeStatisticsStore(name: string, open: () => StatisticsStore): void {
  describe(`statistics in ${name}`, () => {
    test('of a new rule are empty', async () => {
      await expect(open().load('new')).resolves.toEqual(NO_STATISTICS);
    });

    test('are stored as they were added, and an addition returns the stored statistics', async () => {
      const store = open();
      const statistics: RuleStatistics = { archives: 1, ...UPDATE };
      await expect(store.add('first', UPDATE)).resolves.toEqual({ wasWritten: true, statistics });
      await expect(store.load('first')).resolves.toEqual(statistics);
    });

    test('are added up, but a later probe replaces the earlier one', async () => {
      const store = open();
      await store.add('second', UPDATE);
      const later = { ...UPDATE, probes: new Map([['text', { archive: 32, fraction: 0.5 }] as const]) };
      const { archives, arms, probes } = (await store.add('second', later)).statistics;
      expect(archives).toBe(2);
      expect(arms.get('text:9')).toMatchObject({ archives: 2, bytes: 16_777_216, tested: 4_000_001 });
      expect(probes.get('text')).toEqual({ archive: 32, fraction: 0.5 });
    });

    test('lose nothing when 40 archives are added concurrently', async () => {
      const store = open();
      await Promise.all(Array.from({ length: 40 }, () => store.add('busy', UPDATE)));
      const { archives, arms } = await store.load('busy');
      expect(archives).toBe(40);
      expect(arms.get('text:9')?.archives).toBe(40);
      expect(arms.get('text:9')?.compressed).toBe(40 * 1_700_001);
      expect(arms.get('packed:-131072')?.cpuSeconds).toBeCloseTo(40e-7, 12);
    });

    test('are rebased only if nothing was added in the meantime', async () => {
      const store = open();
      const { statistics: current } = await store.add('old', UPDATE);
      const rebased: RuleStatistics = {
        ...current,
        landmark: 1,
        arms: new Map([...current.arms].map(([key, sums]) => [key, { ...sums, bytes: sums.bytes / 4 }])),
      };
      expect(await store.rebase('old', current, rebased)).toEqual({ wasWritten: true, statistics: rebased });
      expect(await store.load('old')).toEqual(rebased);
      const { statistics: next } = await store.add('old', { ...UPDATE, landmark: 1 });
      const late = await store.rebase('old', rebased, { ...rebased, landmark: 9 });
      expect(late).toEqual({ wasWritten: false, statistics: next });
      expect(await store.load('old')).toEqual(next);
    });

    test('lose the arms that a rebase omits', async () => {
      const store = open();
      const { statistics: current } = await store.add('forgotten', UPDATE);
      const arms = new Map([...current.arms].filter(([key]) => key === 'text:9'));
      await store.rebase('forgotten', current, { ...current, landmark: 1, arms });
      expect([...(await store.load('forgotten')).arms.keys()]).toEqual(['text:9']);
    });

    test('refuse weights for another landmark, and return the stored statistics', async () => {
      const store = open();
      await expect(store.add('moved', { ...UPDATE, landmark: 7 })).resolves.toEqual({
        wasWritten: false,
        statistics: NO_STATISTICS,
      });
      const { statistics: current } = await store.add('moved', UPDATE);
      const { statistics } = await store.rebase('moved', current, { ...current, landmark: 1 });
      await expect(store.add('moved', UPDATE)).resolves.toEqual({ wasWritten: false, statistics });
      await expect(store.load('moved')).resolves.toEqual(statistics);
    });

    test('stay correct when a process does not know of a rebase', async () => {
      const store = open();
      await Promise.all(Array.from({ length: 500 }, () => store.add('shared', NO_STATISTICS)));
      const failures: string[] = [];
      const [stale, fresh] = [0, 0].map(
        () =>
          new StatisticsCache({
            rule: 'shared',
            store,
            now: () => 0,
            onFailure: ({ message }) => {
              failures.push(message);
            },
          }),
      );
      await stale?.read();
      await fresh?.read();
      for (let archive = 500; archive < 512; archive += 1) await fresh?.add(LESSON);
      expect(await store.load('shared')).toMatchObject({ archives: 512, landmark: 512 });

      await stale?.add(LESSON);
      const { archives, landmark, arms } = await store.load('shared');
      expect({ archives, landmark, failures }).toEqual({ archives: 513, landmark: 512, failures: [] });
      const weights = Array.from({ length: 13 }, (_, age) => Math.exp(-age / DECAY_ARCHIVES));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expect(arms.get('text:9')?.archives).toBeCloseTo(total, 7);
      expect(arms.get('text:9')?.cpuSeconds).toBeCloseTo(total * 0.175, 7);
      // Now it knows the landmark.
      expect(stale?.known).toEqual(await store.load('shared'));
    });
  });
}
