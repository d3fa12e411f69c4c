import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MetricStatistics } from '../../../local-cloud/metrics/metric-store.ts';
import { LATENCY_ERROR, LatencyDistribution } from '../../../src/restoring/latency-distribution.ts';

const latency = fc.double({ min: 0.001, max: 14 * 24 * 3600, noNaN: true });

test('every percentile of the bins is within the allowed error of the exact one, and no latency is lost', () => {
  fc.assert(
    fc.property(
      fc.array(latency, { minLength: 1, maxLength: 500 }),
      fc.integer({ min: 1, max: 100 }),
      (all, percent) => {
        const distribution = new LatencyDistribution();
        for (const seconds of all) distribution.add(seconds);
        const bins = distribution.bins();
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        const exact = new MetricStatistics(all.map((value) => ({ value, count: 1 }))).percentile(percent) ?? 0;
        const binned = new MetricStatistics(bins).percentile(percent) ?? 0;
        expect(Math.abs(binned - exact)).toBeLessThanOrEqual(exact * LATENCY_ERROR * 1.0001);
      },
    ),
  );
});
