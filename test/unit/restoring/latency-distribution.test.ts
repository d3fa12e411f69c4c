import { describe, expect, test } from '@jest/globals';
import { LATENCY_ERROR, LatencyDistribution } from '../../../src/restoring/latency-distribution.ts';

function distributionOf(latencies: readonly number[]): LatencyDistribution {
  const distribution = new LatencyDistribution();
  for (const latency of latencies) distribution.add(latency);
  return distribution;
}

describe('a distribution of latencies', () => {
  test('returns a single latency exactly', () => {
    expect(distributionOf([12.345]).bins()).toEqual([{ value: 12.345, count: 1 }]);
  });

  test('has one bin for many equal latencies', () => {
    expect(distributionOf(new Array<number>(1000).fill(0.25)).bins()).toEqual([{ value: 0.25, count: 1000 }]);
  });

  test('has separate bins for latencies that differ by more than its error, the shortest first', () => {
    const bins = distributionOf([100, 1, 10]).bins();
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(bins.map(({ value }) => Number(value.toPrecision(1)))).toEqual([1, 10, 100]);
  });

  test('has few bins for a million latencies between a millisecond and 14 days', () => {
    const distribution = new LatencyDistribution();
    const days = 14 * 24 * 3600;
    for (let index = 0; index < 1_000_000; index += 1) distribution.add(0.001 * (days / 0.001) ** (index / 999_999));
    expect(distribution.count).toBe(1_000_000);
    expect(distribution.bins().length).toBeLessThanOrEqual(525);
    expect(distribution.longest).toBeCloseTo(days, 3);
  });

  test('treats a negative latency, from a clock that runs ahead, as none', () => {
    expect(distributionOf([-5, 0]).bins()).toEqual([{ value: 0.001, count: 2 }]);
  });

  test('is empty when nothing was added', () => {
    expect(new LatencyDistribution().bins()).toEqual([]);
    expect(new LatencyDistribution().longest).toBe(0);
  });

  test('states how far off a quantile may be', () => {
    expect(LATENCY_ERROR).toBe(0.02);
  });
});
