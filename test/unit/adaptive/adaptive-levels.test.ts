import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContentClass } from '../../../src/adaptive/content-class.ts';
import { estimateLevels } from '../../../src/adaptive/estimate-levels.ts';
import type { ChosenLevels } from '../../../src/adaptive/level-policy.ts';
import { type ArmSums, NO_STATISTICS } from '../../../src/adaptive/rule-statistics.ts';
import { UnavailableStatisticsError } from '../../../src/aws/errors.ts';
import { STORE_LEVEL } from '../../../src/configuration/schema/levels.ts';
import { AdaptiveProcess, type Content } from '../../support/adaptive-rule.ts';
import { MemoryStatisticsStore } from '../../support/memory-statistics-store.ts';

const LEVELS = [STORE_LEVEL, 1, 3, 9];
/** Level 3 is the cheapest at 0.02 USD per GB, by just over 10%. */
const RECORDS: Content = {
  fraction: 0.3,
  levels: {
    1: { left: 0.3, secondsPerByte: 2e-9 },
    3: { left: 0.25, secondsPerByte: 4e-9 },
    9: { left: 0.24, secondsPerByte: 50e-9 },
  },
};
/** Level 9 is the cheapest, by a fifth. */
const SENSORS: Content = {
  fraction: 0.6,
  levels: {
    1: { left: 0.6, secondsPerByte: 3e-9 },
    3: { left: 0.55, secondsPerByte: 5e-9 },
    9: { left: 0.4, secondsPerByte: 25e-9 },
  },
};
const PICTURES: Content = {
  fraction: 1,
  levels: {
    [STORE_LEVEL]: { left: 1, secondsPerByte: 4e-10 },
    1: { left: 1, secondsPerByte: 5e-10 },
    3: { left: 1, secondsPerByte: 8e-10 },
    9: { left: 1, secondsPerByte: 9e-9 },
  },
};

const frames = (expected: ContentClass, content: Content, count = 8): [ContentClass, Content][] =>
  Array.from({ length: count }, () => [expected, content]);
const most = (chosen: readonly ChosenLevels[]): number => {
  const levels = chosen.map(({ level }) => level);
  const count = (wanted: number): number => levels.filter((level) => level === wanted).length;
  return levels.toSorted((left, right) => count(right) - count(left))[0] ?? Number.NaN;
};

let store: MemoryStatisticsStore;
beforeEach(() => {
  store = new MemoryStatisticsStore();
});

describe('a rule without a level', () => {
  test('starts with a probe of its own content, not with a constant', async () => {
    const first = await new AdaptiveProcess({ levels: LEVELS }).pack(frames('other', RECORDS));
    expect(most(first)).toBe(3);
    expect(first[0]?.reason).toMatch(/probed|tried/);
    expect(most(await new AdaptiveProcess({ levels: LEVELS }).pack(frames('other', SENSORS)))).toBe(9);
  });

  test('probes a class once, and not again before 32 archives', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    for (let archive = 0; archive < 32; archive += 1) await one.pack(frames('text', RECORDS, 2));
    expect(one.probes).toBe(1);
    await one.pack(frames('text', RECORDS, 2));
    expect(one.probes).toBe(2);
  });

  test('does not judge a class by a few bytes', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    // For these few bytes, level 9 looks better than it is.
    const few: Content = { ...RECORDS, levels: { ...RECORDS.levels, 9: { left: 0.22, secondsPerByte: 20e-9 } } };
    for (let archive = 0; archive < 5; archive += 1) await one.pack(frames('text', few, 1), undefined, 10_000);
    expect(one.probes).toBe(0);
    expect(most(await one.pack(frames('text', RECORDS)))).toBe(3);
    expect(one.probes).toBe(1);
  });

  test('gives frames of different content different levels in one archive', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    const mixed = [...frames('text', RECORDS), ...frames('other', SENSORS), ...frames('packed', PICTURES)];
    for (let archive = 0; archive < 5; archive += 1) await one.pack(mixed);
    const chosen = await one.pack(mixed);
    expect(most(chosen.slice(0, 8))).toBe(3);
    expect(most(chosen.slice(8, 16))).toBe(9);
    const packed = chosen.slice(16).filter(({ reason }) => reason !== 'tried');
    expect(new Set(packed.map(({ ifPacked }) => ifPacked?.level))).toEqual(new Set([STORE_LEVEL]));
  });

  test('stores content that turns out to be compressed already, whatever its name', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    const [frame] = await one.pack(frames('text', PICTURES, 1));
    expect(frame?.ifPacked?.level).toBe(STORE_LEVEL);
    expect([...(store.rules.get('rule')?.arms.keys() ?? [])]).toEqual([`packed:${STORE_LEVEL}`]);
  });

  test('shares what it learns with processes that start later', async () => {
    const first = new AdaptiveProcess({ levels: LEVELS, store });
    for (let archive = 0; archive < 3; archive += 1) await first.pack(frames('other', SENSORS));
    const second = new AdaptiveProcess({ levels: LEVELS, store });
    expect(most(await second.pack(frames('other', SENSORS)))).toBe(9);
    expect(second.probes).toBe(0);
  });

  test('adapts to a change of content within 40 archives', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    for (let archive = 0; archive < 200; archive += 1) await one.pack(frames('other', RECORDS));
    let taken = 0;
    while (most(await one.pack(frames('other', SENSORS))) !== 9) taken += 1;
    expect(taken).toBeLessThan(40);
  });

  test.each([
    ['by the usual error of probes', { left: 0.22, secondsPerByte: 20e-9 }, 3],
    ['by a factor of 5', { left: 0.2, secondsPerByte: 10e-9 }, 15],
  ])('abandons a level that a probe misjudged %s', async (_, promise, archives) => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    const promised: Content = { ...RECORDS, levels: { ...RECORDS.levels, 9: promise } };
    expect(most(await one.pack(frames('text', promised)))).toBe(9);
    let taken = 0;
    while (most(await one.pack(frames('text', RECORDS))) !== 3) taken += 1;
    expect(taken).toBeLessThan(archives);
  });

  test('tries other levels less and less often', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    const trials: number[] = [];
    for (let archive = 0; archive < 30; archive += 1) {
      const chosen = await one.pack(frames('text', RECORDS));
      trials.push(chosen.filter(({ level }) => level !== 3).length);
    }
    const sum = (part: number[]): number => part.reduce((total, count) => total + count, 0);
    expect(sum(trials)).toBeLessThan(20);
    expect(sum(trials.slice(15))).toBeLessThanOrEqual(sum(trials.slice(0, 15)));
  });
});

describe('a clock that fails', () => {
  const broken = (secondsPerByte: number): Content => ({
    fraction: 0.6,
    levels: Object.fromEntries([1, 3, 9].map((level) => [level, { left: 0.5, secondsPerByte }])),
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'affects no level: a CPU time of %p in archives between good ones',
    async (seconds) => {
      const one = new AdaptiveProcess({ levels: LEVELS, store });
      await one.pack(frames('other', SENSORS));
      for (let archive = 0; archive < 3; archive += 1) await one.pack(frames('other', broken(seconds)));
      expect(most(await one.pack(frames('other', SENSORS)))).toBe(9);
      const arms: ArmSums[] = [...(store.rules.get('rule')?.arms.values() ?? [])];
      expect(arms.length).toBeGreaterThan(0);
      expect(arms.filter(({ cpuSeconds, bytes }) => !Number.isFinite(cpuSeconds / bytes))).toEqual([]);
    },
  );

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'does not spoil the choice of levels: a probe of %p',
    async (seconds) => {
      const one = new AdaptiveProcess({ levels: LEVELS, store });
      await one.pack(frames('other', broken(seconds)));
      expect(most(await one.pack(frames('other', SENSORS)))).not.toBe(STORE_LEVEL);
    },
  );

  test('does not spoil estimates: statistics that already contain a NaN', () => {
    const sums = { archives: 5, bytes: 1e6, tested: 6e5, compressed: 5e5, cpuSeconds: Number.NaN };
    const poisoned = { ...NO_STATISTICS, arms: new Map([['other:3', sums] as const]) };
    const options = { levels: LEVELS, prices: { archiveByte: 0.02e-9, cpuSecond: 2.3e-5 }, cpuSpeed: 1 };
    expect(estimateLevels(poisoned, 'other', options).filter(({ dollars }) => !Number.isFinite(dollars))).toEqual([]);
  });
});

describe('machines of different speed', () => {
  test('do not distort each other: both find the same level, and the sums are those of one machine', async () => {
    const fast = new AdaptiveProcess({ levels: LEVELS, store, cpuSpeed: 2 });
    const slow = new AdaptiveProcess({ levels: LEVELS, store, cpuSpeed: 0.5, seed: 2 });
    for (let archive = 0; archive < 10; archive += 1) {
      await fast.pack(frames('text', RECORDS));
      await slow.pack(frames('text', RECORDS));
    }
    const sums = store.rules.get('rule')?.arms.get('text:3');
    expect((sums?.cpuSeconds ?? 0) / (sums?.bytes ?? 1)).toBeCloseTo(4e-9, 15);
    expect(most(await fast.pack(frames('text', RECORDS)))).toBe(3);
    expect(most(await slow.pack(frames('text', RECORDS)))).toBe(3);
  });

  test('choose different levels where their CPU time makes the difference', async () => {
    const close: Content = { fraction: 0.3, levels: { ...RECORDS.levels, 9: { left: 0.2, secondsPerByte: 30e-9 } } };
    const levels = await Promise.all(
      [4, 0.2].map(async (cpuSpeed) => {
        const one = new AdaptiveProcess({ levels: LEVELS, cpuSpeed });
        await one.pack(frames('text', close));
        return most(await one.pack(frames('text', close)));
      }),
    );
    expect(levels).toEqual([9, 3]);
  });
});

describe('an archive in a hurry', () => {
  test('uses the cheapest level that is fast enough, tries no other, and says why', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    await one.pack(frames('other', SENSORS));
    const chosen = await one.pack(frames('other', SENSORS), { highest: 3, reason: 'backlog' });
    expect(new Set(chosen.map(({ level, reason }) => `${level} ${reason}`))).toEqual(new Set(['3 backlog']));
    const fastest = await one.pack(frames('other', SENSORS), { highest: STORE_LEVEL, reason: 'little-time' });
    expect(fastest[0]).toMatchObject({ level: STORE_LEVEL, reason: 'little-time' });
  });

  test('keeps its level if that is fast enough', async () => {
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    await one.pack(frames('text', RECORDS));
    const [frame] = await one.pack(frames('text', RECORDS), { highest: 3, reason: 'backlog' });
    expect(frame).toMatchObject({ level: 3, reason: 'cheapest' });
  });
});

describe('an outage of the store', () => {
  test('stops no archive, is reported once per archive, and pauses calls to the store for a minute', async () => {
    let now = 0;
    const one = new AdaptiveProcess({ levels: LEVELS, store, now: () => now });
    for (let archive = 0; archive < 3; archive += 1) await one.pack(frames('other', SENSORS));
    store.failure = new UnavailableStatisticsError('no answer');
    for (let archive = 0; archive < 5; archive += 1) expect(most(await one.pack(frames('other', SENSORS)))).toBe(9);
    expect(one.failures.map(({ code }) => code)).toEqual(Array(5).fill('STATISTICS_UNAVAILABLE'));
    const { calls } = store;
    await one.pack(frames('other', SENSORS));
    expect(store.calls).toBe(calls);

    store.failure = undefined;
    now = 61_000;
    await one.pack(frames('other', SENSORS));
    expect(store.rules.get('rule')?.archives).toBe(4);
  });

  test('leaves a new process with what it measures itself', async () => {
    store.failure = new UnavailableStatisticsError('no answer');
    const one = new AdaptiveProcess({ levels: LEVELS, store });
    expect(most(await one.pack(frames('other', SENSORS)))).toBe(9);
    expect(most(await one.pack(frames('other', SENSORS)))).toBe(9);
    expect(one.probes).toBe(1);
  });
});
