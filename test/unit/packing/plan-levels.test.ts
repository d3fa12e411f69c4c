import { describe, expect, test } from '@jest/globals';
import { createFixedLevel } from '../../../src/adaptive/fixed-level.ts';
import type { LevelCap, LevelPolicy } from '../../../src/adaptive/level-policy.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { PackingSpeed } from '../../../src/packing/packing-speed.ts';
import { planLevels } from '../../../src/packing/plan-levels.ts';

const LEVELS = [1, 3, 9, 12];

/** Chooses level 12 for text and 1 for the rest, limited by the cap if there is one. */
function greedyPolicy(caps: (LevelCap | undefined)[]): LevelPolicy {
  return {
    levels: LEVELS,
    plan: (cap) => {
      caps.push(cap);
      const highest = cap?.highest ?? Number.POSITIVE_INFINITY;
      const plan = createFixedLevel(12).plan();
      return { ...plan, expect: (content) => Math.min(content === 'text' ? 12 : 1, highest) };
    },
  };
}

function item(key: string, size: number): PackItem {
  const object = { bucket: 'b', key, size, etag: 'e', eventTime: 0 };
  return { object, messages: [], superseded: [] };
}

function plan(items: readonly PackItem[], secondsLeft: number, oldestSeconds = 0) {
  const caps: (LevelCap | undefined)[] = [];
  const dependencies = { levels: greedyPolicy(caps), speed: new PackingSpeed(2) };
  return { ...planLevels(items, secondsLeft, oldestSeconds, dependencies), cap: caps.at(-1) };
}

describe('planLevels', () => {
  // One core does 26 MB/s at level 12 and 45 MB/s at level 9; the plan counts on 60% of that.
  const text = item('a.json', 600e6);

  test('leaves the levels to the policy if there is enough time and no backlog', () => {
    const { cap, works } = plan([text], 900);
    expect(cap).toBeUndefined();
    expect(works).toEqual([{ bytes: 600e6, objects: 1, level: 12 }]);
  });

  test('chooses the highest level that fits into the remaining time', () => {
    const whole = plan([text], 900).predicted;
    const { cap, predicted } = plan([text], whole - 1);
    expect(cap).toEqual({ highest: 9, reason: 'little-time' });
    expect(predicted).toBeLessThan(whole);
  });

  test('reports how long the fastest level takes if none fits', () => {
    const { cap, predicted } = plan([text], 2);
    expect(cap).toEqual({ highest: 1, reason: 'little-time' });
    expect(predicted).toBeGreaterThan(2);
  });

  test('chooses no level slower than the network if events have waited longer than an invocation', () => {
    expect(plan([text], 900, 901).cap).toEqual({ highest: 9, reason: 'backlog' });
    expect(plan([text], 900, 899).cap).toBeUndefined();
  });

  test('leaves the levels to the policy if the process has no time limit, however old the events are', () => {
    const { cap, works } = plan([text], Number.POSITIVE_INFINITY, 90_000);
    expect(cap).toBeUndefined();
    expect(works).toEqual([{ bytes: 600e6, objects: 1, level: 12 }]);
  });

  test('counts each content class at its level', () => {
    const { works, predicted } = plan([item('a.json', 1e6), item('movie.mp4', 600e6)], 900);
    expect(works.map(({ level }) => level)).toEqual([12, 1]);
    expect(predicted).toBeLessThan(plan([text], 900).predicted);
  });

  test('does not change a level that the configuration fixes', () => {
    const dependencies = { levels: createFixedLevel(12), speed: new PackingSpeed(2) };
    expect(planLevels([text], 2, 5000, dependencies).works[0]?.level).toBe(12);
  });
});

test('twice the cores halve the time if compression is the bottleneck, but not if the network is', () => {
  const at = (level: number) => [{ bytes: 600e6, objects: 0, level }];
  const [one, two] = [new PackingSpeed(1), new PackingSpeed(2)];
  expect(one.predict(at(12)) - 1).toBeCloseTo(2 * (two.predict(at(12)) - 1));
  expect(one.predict(at(3))).toBe(two.predict(at(3)));
});

test('events that have waited long get the fastest level if none outruns the network', () => {
  const caps: (LevelCap | undefined)[] = [];
  const policy = { ...greedyPolicy(caps), levels: [15, 19] };
  planLevels([item('a.json', 1)], 900, 901, { levels: policy, speed: new PackingSpeed(1) });
  expect(caps[0]).toEqual({ highest: 15, reason: 'backlog' });
});
