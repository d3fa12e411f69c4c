import { describe, expect, test } from '@jest/globals';
import {
  breakEvenObjectSize,
  breakEvenVolume,
  countArchives,
  SECONDS_PER_MONTH,
  savedOnTraffic,
  TYPICAL_LIMITS,
} from '../../../src/adaptive/break-even.ts';
import { archiveDollars, ruleCosts } from '../../../src/adaptive/cost-model.ts';
import { examplePrices } from '../../support/prices.ts';
import { exampleRule } from '../../support/rules.ts';

const costs = ruleCosts(exampleRule(), examplePrices());
const experience = { ratio: 0.3, cpuSecondsPerByte: 20e-9 };
const at = (price: number) => ruleCosts(exampleRule(), examplePrices({ transfer_gb: { 'us-east-1': price } }));

describe('countArchives', () => {
  test.each([
    ['small objects fill 1,000 each', { objects: 5000, bytes: 50e6 }, 5],
    ['larger ones 64 MB each', { objects: 640, bytes: 640e6 }, 10],
    ['an object over the limit has its own archive', { objects: 2, bytes: 2e9 }, 2],
    [
      'an archive per window of 20 s plus the second until its first object',
      { objects: 1000, bytes: 1e6, seconds: 1000 },
      1000 / 21,
    ],
    ['with an object per hour, each travels alone', { objects: 24, bytes: 24e3, seconds: 86_400 }, 86_400 / 3620],
    ['under heavy traffic, archives are full', { objects: 1e6, bytes: 1e9, seconds: 100 }, 1000],
  ])('%s', (_, traffic, archives) => {
    expect(countArchives(traffic, TYPICAL_LIMITS)).toBeCloseTo(archives, 9);
  });
});

describe('breakEvenObjectSize', () => {
  test('is the size at which the net benefit of a full archive changes sign', () => {
    const size = breakEvenObjectSize(costs, experience, TYPICAL_LIMITS);
    // 1,000 objects, by the model that calculates NetBenefit.
    const benefit = (bytes: number): number =>
      archiveDollars(costs, {
        archives: 1,
        objects: Math.min(1000, 64e6 / bytes),
        originalBytes: Math.min(1000 * bytes, 64e6),
        archiveBytes: 0.3 * Math.min(1000 * bytes, 64e6),
        cpuSeconds: 20e-9 * Math.min(1000 * bytes, 64e6),
        multipartArchives: 1,
      }).netBenefit;
    expect(size).toBeGreaterThan(50e3);
    expect(size).toBeLessThan(1e6);
    expect(benefit(size * 1.01)).toBeGreaterThan(0);
    expect(benefit(size * 0.99)).toBeLessThan(0);
  });

  test('falls as transfer becomes more expensive, and rises with overwrites and small batches', () => {
    const of = (price: number): number => breakEvenObjectSize(at(price), experience, TYPICAL_LIMITS);
    expect(of(0.01)).toBeGreaterThan(of(0.02));
    expect(of(0.02)).toBeGreaterThan(of(0.09));
    const size = of(0.02);
    expect(breakEvenObjectSize(costs, { ...experience, overwritten: 1 }, TYPICAL_LIMITS)).toBeGreaterThan(size * 1.2);
    expect(breakEvenObjectSize(costs, experience, { ...TYPICAL_LIMITS, objects: 20 })).toBeGreaterThan(size * 1.1);
  });

  test('is infinite if a byte saves nothing', () => {
    expect(breakEvenObjectSize(costs, { ...experience, ratio: 1 }, TYPICAL_LIMITS)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('breakEvenVolume', () => {
  const traffic = { objectBytes: 1e6, fixed: 8 };

  test('is the volume that pays for the fixed cost of a month', () => {
    const volume = breakEvenVolume(costs, experience, TYPICAL_LIMITS, traffic);
    const saved = (gigabytes: number): number => {
      const bytes = gigabytes * 2 ** 30;
      return savedOnTraffic(costs, experience, TYPICAL_LIMITS, {
        objects: bytes / 1e6,
        bytes,
        seconds: SECONDS_PER_MONTH,
      });
    };
    expect(saved(volume)).toBeCloseTo(8, 6);
    expect(saved(volume * 1.01)).toBeGreaterThan(8);
  });

  test('rises with the fixed cost, falls with a longer window, and is infinite below the size that pays', () => {
    const volume = breakEvenVolume(costs, experience, TYPICAL_LIMITS, traffic);
    expect(breakEvenVolume(costs, experience, TYPICAL_LIMITS, { ...traffic, fixed: 16 })).toBeGreaterThan(volume * 1.3);
    expect(breakEvenVolume(costs, experience, { ...TYPICAL_LIMITS, windowSeconds: 300 }, traffic)).toBeLessThan(volume);
    const small = { ...traffic, objectBytes: 25e3 };
    expect(breakEvenVolume(costs, experience, TYPICAL_LIMITS, small)).toBe(Number.POSITIVE_INFINITY);
  });
});
