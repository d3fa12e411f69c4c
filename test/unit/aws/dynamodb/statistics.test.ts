import { describe, expect, test } from '@jest/globals';
import { type Random, seededRandom } from '../../../../local-cloud/faults/random.ts';
import { CONTENT_CLASSES } from '../../../../src/adaptive/content-class.ts';
import { estimateLevels } from '../../../../src/adaptive/estimate-levels.ts';
import {
  type ArmKey,
  type ArmSums,
  addSums,
  armKey,
  DECAY_ARCHIVES,
  MAX_ARMS,
  NO_STATISTICS,
  type RuleStatistics,
  type StatisticsUpdate,
} from '../../../../src/adaptive/rule-statistics.ts';
import { StatisticsCache } from '../../../../src/adaptive/statistics-cache.ts';
import { DynamoDbStatistics } from '../../../../src/aws/dynamodb/statistics.ts';
import { describeStatisticsStore } from '../../../support/describe-statistics-store.ts';
import { exactDynamoDb } from '../../../support/exact-dynamodb.ts';
import { classesOverLimit } from '../../../support/longest-rebase.ts';

const LEVELS = [1, 3, 9];

function openStore(client = exactDynamoDb()): DynamoDbStatistics {
  return new DynamoDbStatistics({ table: 'statistics', openClient: () => Promise.resolve(client), now: () => 0 });
}

describeStatisticsStore('exact numbers', openStore);

/** One process; a failure fails the test. */
function openCache(store: DynamoDbStatistics): StatisticsCache {
  const onFailure = (error: Error): never => {
    throw error;
  };
  return new StatisticsCache({ rule: 'rule', store, now: () => 0, onFailure });
}

/** Sums of one archive, with all the digits that a double has. */
function archiveSums(scale: number, random: Random): ArmSums {
  const bytes = Math.ceil(scale * (1 + random()));
  const tested = bytes * (0.3 + 0.1 * random());
  return { archives: 1, bytes, tested, compressed: Math.ceil(tested * 0.9), cpuSeconds: bytes * 4e-9 * (1 + random()) };
}

/** Level 3 in each archive, small and large ones; level 9 now and then; level 1 in the first ten. */
function lessonOf(archive: number, random: Random): StatisticsUpdate {
  const scale = [2000, 8e6, 5e9][archive % 3] ?? 1;
  const levels = [3, ...(archive % 450 === 0 ? [9] : []), ...(archive < 10 ? [1] : [])];
  const arms = levels.map((level) => [armKey('text', level), archiveSums(scale, random)] as const);
  return { ...NO_STATISTICS, arms: new Map(arms) };
}

/** The sums without rounding or forgetting. */
function decayed(lessons: readonly StatisticsUpdate[]): RuleStatistics {
  const arms = new Map<ArmKey, ArmSums>();
  for (const [archive, lesson] of lessons.entries()) {
    const weight = Math.exp((archive - lessons.length) / DECAY_ARCHIVES);
    for (const [key, sums] of lesson.arms) arms.set(key, addSums(arms.get(key), sums, weight));
  }
  return { ...NO_STATISTICS, archives: lessons.length, landmark: lessons.length, arms };
}

describe('statistics of a long-lived rule', () => {
  test('are added archive by archive, within the limits of DynamoDB numbers, and are as good as exact ones', async () => {
    const store = openStore();
    const cache = openCache(store);
    const random = seededRandom(1);
    const lessons = Array.from({ length: 1100 }, (_, archive) => lessonOf(archive, random));
    for (const lesson of lessons) await cache.add(lesson);

    const known = await store.load('rule');
    expect(known).toMatchObject({ archives: 1100, landmark: 2 * 512 });
    const exact = decayed(lessons);
    const options = { levels: LEVELS, prices: { archiveByte: 0.02e-9, cpuSecond: 2.3e-5 }, cpuSpeed: 1 };
    const estimates = estimateLevels(known, 'text', options);
    for (const [index, { level, dollars, evidence }] of estimateLevels(exact, 'text', options).entries()) {
      const found = estimates[index];
      expect(found?.level).toBe(level);
      expect((found?.dollars ?? 0) / dollars).toBeCloseTo(1, 6);
      expect(found?.evidence).toBeCloseTo(evidence, 6);
    }
  });

  test('forget what has not occurred for a thousand archives, and keep what occurs once in 450', async () => {
    const store = openStore();
    const cache = openCache(store);
    const random = seededRandom(2);
    for (let archive = 0; archive < 1100; archive += 1) await cache.add(lessonOf(archive, random));
    expect([...(await store.load('rule')).arms.keys()].toSorted()).toEqual(['text:3', 'text:9']);
  });

  test('add an object of 50 TB at a level that was last tried on a file of 1 KB, before a rebase', async () => {
    const store = openStore();
    const cache = openCache(store);
    const tiny = archiveSums(1000, seededRandom(3));
    const huge = { ...archiveSums(50e12, seededRandom(4)), cpuSeconds: 1e8 / 3 };
    for (let archive = 0; archive <= 1000; archive += 1) {
      const sums = { 100: tiny, 1000: huge }[archive];
      await cache.add({ ...NO_STATISTICS, arms: new Map(sums === undefined ? [] : [['text:1', sums]]) });
      // Before the huge one: the decayed sums of the tiny one still have its ratio.
      const { bytes = 1, cpuSeconds = 0 } = cache.known.arms.get('text:1') ?? {};
      if (archive === 512) expect(cpuSeconds / bytes / (tiny.cpuSeconds / tiny.bytes)).toBeCloseTo(1, 2);
    }
    const { archives, arms } = await store.load('rule');
    expect(archives).toBe(1001);
    const { bytes = 1, cpuSeconds = 0 } = arms.get('text:1') ?? {};
    expect(cpuSeconds / bytes / (huge.cpuSeconds / huge.bytes)).toBeCloseTo(1, 9);
  });

  test('are rebased with all levels that a configuration may name, in one expression', async () => {
    expect(classesOverLimit()).toBe('');
    const store = openStore();
    const cache = openCache(store);
    const levels = Array.from({ length: 30 }, (_, index) => index - 7);
    const arms = CONTENT_CLASSES.flatMap((content) => levels.map((level) => armKey(content, level)));
    for (let archive = 0; archive < 512; archive += 1) {
      const key = arms[archive - 512 + arms.length];
      const sums = archiveSums(8e6, seededRandom(archive));
      await cache.add({ ...NO_STATISTICS, arms: new Map(key === undefined ? [] : [[key, sums]]) });
    }
    const { landmark, arms: kept } = await store.load('rule');
    expect(landmark).toBe(512);
    // The latest ones have the largest weight.
    expect(new Set(kept.keys())).toEqual(new Set(arms.slice(-MAX_ARMS)));
  });
});
