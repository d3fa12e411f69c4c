import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../local-cloud/faults/random.ts';
import { cheapestLevel, sampleLevel } from '../../../src/adaptive/choose-level.ts';
import { estimateLevels } from '../../../src/adaptive/estimate-levels.ts';
import {
  type ArmKey,
  type ArmSums,
  DECAY_ARCHIVES,
  NO_STATISTICS,
  type RuleStatistics,
} from '../../../src/adaptive/rule-statistics.ts';
import { STORE_LEVEL } from '../../../src/configuration/schema/levels.ts';

const LEVELS = [STORE_LEVEL, 1, 3, 9];
const CHEAP = { archiveByte: 0.02e-9, cpuSecond: 2.3e-5 };
const options = { levels: LEVELS, prices: CHEAP, cpuSpeed: 1 };

/** Sums of archives of 1 MB; `tested` is the fraction that level 1 would leave. */
function arm(archives: number, tested: number, compressed: number, secondsPerByte: number): ArmSums {
  const bytes = archives * 1e6;
  return {
    archives,
    bytes,
    tested: tested * bytes,
    compressed: compressed * bytes,
    cpuSeconds: secondsPerByte * bytes,
  };
}

function statistics(arms: [ArmKey, ArmSums][], rest: Partial<RuleStatistics> = {}): RuleStatistics {
  return { ...NO_STATISTICS, arms: new Map(arms), ...rest };
}

function cheapest(known: RuleStatistics, prices = CHEAP, cpuSpeed = 1): number {
  return cheapestLevel(estimateLevels(known, 'text', { levels: LEVELS, prices, cpuSpeed })).level;
}

describe('estimateLevels', () => {
  test('uses defaults for the class while nothing is known', () => {
    expect(cheapest(NO_STATISTICS)).not.toBe(STORE_LEVEL);
    const packed = estimateLevels(NO_STATISTICS, 'packed', options);
    expect(cheapestLevel(packed).level).toBe(STORE_LEVEL);
  });

  test('follows measurements', () => {
    const known = statistics([
      ['text:3', arm(20, 0.4, 0.36, 4e-9)],
      ['text:9', arm(20, 0.4, 0.2, 20e-9)],
    ]);
    expect(cheapest(known)).toBe(9);
  });

  test('does not judge a level by archives of other content', () => {
    // Level 1 would leave half of what level 3 saw, and a tenth of what level 9 saw: relative to that, both did equally
    // well.
    const known = statistics([
      ['text:3', arm(20, 0.5, 0.45, 4e-9)],
      ['text:9', arm(20, 0.1, 0.0895, 60e-9)],
    ]);
    expect(cheapest(known)).toBe(3);
  });

  test('adjusts levels that were not seen along with those that were', () => {
    const priors: RuleStatistics['priors'] = new Map([
      ['text:1', { gain: 1, secondsPerByte: 2e-9 }],
      ['text:3', { gain: 0.9, secondsPerByte: 4e-9 }],
      ['text:9', { gain: 0.89, secondsPerByte: 20e-9 }],
    ]);
    // The probe was 8% too pessimistic, apparently for all levels: that alone must not rank level 3 above level 1.
    const known = statistics([['text:3', arm(30, 0.5, 0.5 * 0.9 * 0.92, 4e-9)]], { priors });
    const [, one, three, nine] = estimateLevels(known, 'text', options);
    expect((one?.dollars ?? 0) / (three?.dollars ?? 1)).toBeCloseTo(1.1, 1);
    expect((nine?.dollars ?? 0) / (three?.dollars ?? 1)).toBeGreaterThan(1);
  });

  test('is not misled by the overhead of a frame of a few bytes', () => {
    const priors: RuleStatistics['priors'] = new Map([
      ['text:1', { gain: 1, secondsPerByte: 2e-9 }],
      ['text:3', { gain: 0.9, secondsPerByte: 4e-9 }],
      ['text:9', { gain: 0.89, secondsPerByte: 20e-9 }],
    ]);
    const few = { ...arm(0.004, 0.4, 0.35, 1e-6), archives: 0.004 };
    expect(cheapest(statistics([['text:9', few]], { priors }))).toBe(3);
  });

  test('does not infer from a few bytes how well all others compress', () => {
    const priors: RuleStatistics['priors'] = new Map([
      ['text:1', { gain: 1, secondsPerByte: 2e-9 }],
      ['text:3', { gain: 0.96, secondsPerByte: 4e-9 }],
      ['text:9', { gain: 0.95, secondsPerByte: 40e-9 }],
    ]);
    const probes: RuleStatistics['probes'] = new Map([['text', { archive: 0, fraction: 0.9 }]]);
    const few = { ...arm(0.004, 0.02, 0.02, 2e-9), archives: 0.004 };
    const known = statistics([['text:1', few]], { priors, probes });
    const [, one, three] = estimateLevels(known, 'text', options);
    expect(one?.dollars).toBeCloseTo(0.9 * CHEAP.archiveByte, 12);
    expect(three?.dollars).toBeLessThan(one?.dollars ?? 0);
  });

  test('spends more CPU if bytes are expensive, and on a fast machine', () => {
    const known = statistics([
      ['text:1', arm(20, 0.4, 0.4, 2e-9)],
      ['text:3', arm(20, 0.4, 0.38, 4e-9)],
      ['text:9', arm(20, 0.4, 0.36, 30e-9)],
    ]);
    expect(cheapest(known)).toBe(3);
    expect(cheapest(known, { ...CHEAP, archiveByte: 0.1e-9 })).toBe(9);
    expect(cheapest(known, CHEAP, 0.05)).toBe(1);
  });

  test('chooses the least loss when every level loses money', () => {
    const known = statistics([['text:9', arm(50, 1, 1.01, 30e-9)]]);
    expect(cheapest(known)).toBe(STORE_LEVEL);
  });

  test('weights evidence by its age', () => {
    const [old] = estimateLevels(
      statistics([['text:1', arm(10, 0.4, 0.4, 2e-9)]], { archives: DECAY_ARCHIVES }),
      'text',
      { ...options, levels: [1] },
    );
    expect(old?.evidence).toBeCloseTo(10 / Math.E, 10);
  });
});

describe('a level that was neither seen nor probed', () => {
  const priors: RuleStatistics['priors'] = new Map([
    ['text:1', { gain: 1, secondsPerByte: 2e-9 }],
    ['text:3', { gain: 0.9, secondsPerByte: 4e-9 }],
  ]);
  const dear = { levels: LEVELS, prices: { ...CHEAP, archiveByte: 3e-9 }, cpuSpeed: 1 };

  test('is tried, but no archive depends on it', () => {
    const known = statistics([], { priors });
    const estimates = estimateLevels(known, 'text', dear);
    expect(estimates.map(({ isGuess }) => isGuess)).toEqual([false, false, false, true]);
    expect(estimates.toSorted((left, right) => left.dollars - right.dollars)[0]?.level).toBe(9);
    expect(cheapestLevel(estimates).level).toBe(3);
    expect(sampleLevel(estimates, () => 0.5).level).toBe(9);
  });

  test('is chosen as soon as a frame has shown that it is the cheapest', () => {
    const known = statistics([['text:9', arm(1, 0.4, 0.2, 20e-9)]], { priors });
    expect(cheapestLevel(estimateLevels(known, 'text', dear)).level).toBe(9);
  });

  test('is as good as any other while nothing is known', () => {
    expect(estimateLevels(NO_STATISTICS, 'text', dear).some(({ isGuess }) => isGuess)).toBe(false);
  });
});

describe('cheapestLevel', () => {
  const estimate = (level: number, dollars: number) => ({ level, dollars, evidence: 1, isGuess: false, deviation: 0 });
  const close = [estimate(STORE_LEVEL, 1.0029), estimate(1, 1.002), estimate(3, 1), estimate(9, 1.1)];

  test('is the cheapest, or the fastest of those within the tolerance', () => {
    expect(cheapestLevel(close).level).toBe(3);
    expect(cheapestLevel(close, 0.0025).level).toBe(1);
    expect(cheapestLevel(close, 0.003).level).toBe(STORE_LEVEL);
  });
});

describe('sampleLevel', () => {
  const share = (evidence: number, level: number): number => {
    const random = seededRandom(1);
    const deviation = 0.04 / Math.sqrt(evidence + 1);
    const estimates = [
      { level: 3, dollars: 1, evidence, isGuess: false, deviation },
      { level: 6, dollars: 1.03, evidence, isGuess: false, deviation },
      { level: 19, dollars: 3, evidence, isGuess: true, deviation },
    ];
    const drawn = Array.from({ length: 2000 }, () => sampleLevel(estimates, random).level);
    return drawn.filter((one) => one === level).length / drawn.length;
  };

  test('tries levels that may be the best, and does so less often as evidence grows', () => {
    expect(share(0, 6)).toBeGreaterThan(0.2);
    expect(share(8, 6)).toBeLessThan(share(0, 6) * 0.75);
    expect(share(100, 6)).toBeLessThan(0.01);
  });

  test('never tries a level that cannot be the best', () => {
    expect(share(0, 19)).toBe(0);
  });
});
