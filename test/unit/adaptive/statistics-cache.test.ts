import { beforeEach, describe, expect, test } from '@jest/globals';
import { NO_STATISTICS, type StatisticsUpdate } from '../../../src/adaptive/rule-statistics.ts';
import { StatisticsCache } from '../../../src/adaptive/statistics-cache.ts';
import type { StatisticsStore, WriteOutcome } from '../../../src/adaptive/statistics-store.ts';
import { MemoryStatisticsStore } from '../../support/memory-statistics-store.ts';

const LESSON: StatisticsUpdate = {
  ...NO_STATISTICS,
  arms: new Map([['text:3', { archives: 1, bytes: 1e6, tested: 3e5, compressed: 2e5, cpuSeconds: 0.01 }]]),
};

let store: MemoryStatisticsStore;
let failures: string[];
beforeEach(() => {
  store = new MemoryStatisticsStore();
  failures = [];
});

function openCache(used?: StatisticsStore): StatisticsCache {
  return new StatisticsCache({
    rule: 'rule',
    store: used,
    now: () => 0,
    onFailure: ({ code }) => {
      failures.push(code);
    },
  });
}

/** Another process rebases the weights before each addition. */
class RestlessStore extends MemoryStatisticsStore {
  override async add(rule: string): Promise<WriteOutcome> {
    const statistics = await this.load(rule);
    const moved = { ...statistics, landmark: statistics.landmark + 512 };
    this.rules.set(rule, moved);
    return { wasWritten: false, statistics: moved };
  }
}

describe('StatisticsCache', () => {
  test('calls the store once per archive, and once more per 512 archives', async () => {
    const cache = openCache(store);
    for (let archive = 0; archive < 600; archive += 1) await cache.add(LESSON);
    expect(store.calls).toBe(601);
    expect(store.rules.get('rule')).toMatchObject({ archives: 600, landmark: 512 });
    expect(cache.known).toEqual(store.rules.get('rule'));
  });

  test('calls it twice for the first archive after a rebase that the cache did not know of', async () => {
    const [stale, fresh] = [openCache(store), openCache(store)];
    await stale.add(LESSON);
    for (let archive = 1; archive < 512; archive += 1) await fresh.add(LESSON);
    const { calls } = store;
    await stale.add(LESSON);
    await stale.add(LESSON);
    expect(store.calls - calls).toBe(3);
    expect(store.rules.get('rule')?.archives).toBe(514);
  });

  test('gives up on an archive, with one report, when its weight is refused repeatedly', async () => {
    const cache = openCache(new RestlessStore());
    await cache.add(LESSON);
    expect(failures).toEqual(['STATISTICS_CONTESTED']);
    expect(cache.known.arms.get('text:3')?.archives).toBeGreaterThan(0);
  });

  test('keeps weights small even without a store', async () => {
    const cache = openCache();
    for (let archive = 0; archive < 30_000; archive += 1) await cache.add(LESSON);
    const { archives, landmark, arms } = cache.known;
    expect(archives - landmark).toBeLessThan(512);
    const sums = arms.get('text:3');
    expect((sums?.compressed ?? 0) / (sums?.bytes ?? 1)).toBeCloseTo(0.2, 9);
  });
});
