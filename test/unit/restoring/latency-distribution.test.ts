import { describe, expect, test } from '@jest/globals';
import { LATENCY_ERROR, LatencyDistribution } from '../../../src/restoring/latency-distribution.ts';

function distributionOf(latencies: readonly number[]): LatencyDistribution {
  const distribution = new LatencyDistribution();
  for (const latency of latencies) distribution.add(latency);
  return distribution;
}

describe('a distribution of latencies', () => {
  test('gives a single latency back exactly', () => {
    expect(distributionOf([12.345]).bins()).toEqual([{ value: 12.345, count: 1 }]);
  });

  test('has one bin for many equal latencies', () => {
    expect(distributionOf(new Array<number>(1000).fill(0.25)).bins()).toEqual([{ value: 0.25, count: 1000 }]);
  });

  test('keeps apart what is further apart than its error, the shortest first', () => {
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

  test('takes a clock that runs ahead for no latency at all', () => {
    expect(distributionOf([-5, 0]).bins()).toEqual([{ value: 0.001, count: 2 }]);
  });

  test('is empty when nothing was added', () => {
    expect(new LatencyDistribution().bins()).toEqual([]);
    expect(new LatencyDistribution().longest).toBe(0);
  });

  test('says by how much a quantile may be off', () => {
    expect(LATENCY_ERROR).toBe(0.02);
  });
});
