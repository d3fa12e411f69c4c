import { describe, expect, test } from '@jest/globals';
import { fixedLevel } from '../../../src/adaptive/fixed-level.ts';
import type { LevelCap, LevelPolicy } from '../../../src/adaptive/level-policy.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { PackingSpeed } from '../../../src/packing/packing-speed.ts';
import { planLevels } from '../../../src/packing/plan-levels.ts';

const LEVELS = [1, 3, 9, 12];

/** Wants level 12 for text and 1 for the rest, below the cap if there is one. */
function greedyPolicy(caps: (LevelCap | undefined)[]): LevelPolicy {
  return {
    levels: LEVELS,
    plan: (cap) => {
      caps.push(cap);
      const highest = cap?.highest ?? Number.POSITIVE_INFINITY;
      const plan = fixedLevel(12).plan();
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
  // One core does 26 MB/s at level 12 and 45 at level 9, of which 60 % are counted on.
  const text = item('a.json', 600e6);

  test('leaves the levels to the policy while time is not short and nobody waits', () => {
    const { cap, works } = plan([text], 900);
    expect(cap).toBeUndefined();
    expect(works).toEqual([{ bytes: 600e6, objects: 1, level: 12 }]);
  });

  test('takes the highest level that fits into what is left', () => {
    const whole = plan([text], 900).predicted;
    const { cap, predicted } = plan([text], whole - 1);
    expect(cap).toEqual({ highest: 9, reason: 'little-time' });
    expect(predicted).toBeLessThan(whole);
  });

  test('says how long the fastest takes when none fits', () => {
    const { cap, predicted } = plan([text], 2);
    expect(cap).toEqual({ highest: 1, reason: 'little-time' });
    expect(predicted).toBeGreaterThan(2);
  });

  test('takes no level that the network is faster than when events wait longer than a run', () => {
    expect(plan([text], 900, 901).cap).toEqual({ highest: 9, reason: 'backlog' });
    expect(plan([text], 900, 899).cap).toBeUndefined();
  });

  test('leaves the levels to the policy however old the events are when the run has no end', () => {
    const { cap, works } = plan([text], Number.POSITIVE_INFINITY, 90_000);
    expect(cap).toBeUndefined();
    expect(works).toEqual([{ bytes: 600e6, objects: 1, level: 12 }]);
  });

  test('counts each class at its own level', () => {
    const { works, predicted } = plan([item('a.json', 1e6), item('movie.mp4', 600e6)], 900);
    expect(works.map(({ level }) => level)).toEqual([12, 1]);
    expect(predicted).toBeLessThan(plan([text], 900).predicted);
  });

  test('does nothing about a level that the configuration fixes', () => {
    const dependencies = { levels: fixedLevel(12), speed: new PackingSpeed(2) };
    expect(planLevels([text], 2, 5000, dependencies).works[0]?.level).toBe(12);
  });
});

test('twice the cores take half as long where compression decides, and as long where the network does', () => {
  const at = (level: number) => [{ bytes: 600e6, objects: 0, level }];
  const [one, two] = [new PackingSpeed(1), new PackingSpeed(2)];
  expect(one.predict(at(12)) - 1).toBeCloseTo(2 * (two.predict(at(12)) - 1));
  expect(one.predict(at(3))).toBe(two.predict(at(3)));
});

test('where no level outruns the network, events that wait long get the fastest that there is', () => {
  const caps: (LevelCap | undefined)[] = [];
  const policy = { ...greedyPolicy(caps), levels: [15, 19] };
  planLevels([item('a.json', 1)], 900, 901, { levels: policy, speed: new PackingSpeed(1) });
  expect(caps[0]).toEqual({ highest: 15, reason: 'backlog' });
});
