import { describe, expect, test } from '@jest/globals';
import { measureSample } from '../../src/cli/estimate/measure-sample.ts';
import { planSample } from '../../src/cli/estimate/plan-sample.ts';
import { Population } from '../../src/cli/estimate/population.ts';
import { estimateSizes, type SizeEstimate } from '../../src/cli/estimate/ratio-estimate.ts';
import { sampleRandom } from '../../src/cli/estimate/sample-random.ts';
import { type KnownObjects, makeKnownObjects, packKnownObjects } from '../support/known-bucket.ts';

/** Bytes, of 30 MB. */
const SAMPLE = 8e6;
/** One level for all, so that the result does not depend on timing. */
const LEVEL = 3;

async function estimate(objects: KnownObjects, seed: number): Promise<SizeEstimate> {
  const random = sampleRandom(seed);
  const population = new Population({ prefix: '', depth: 1, since: 0, random });
  for (const [key, body] of objects) population.add({ key, size: body.length });
  const { domains } = await measureSample(planSample(population.strata, SAMPLE, random), {
    reader: {
      read: ({ entry, start, length }) => {
        const body = objects.get(entry.key);
        if (body === undefined) throw new Error(`no object ${entry.key}`);
        return Promise.resolve(body.subarray(start, start + length));
      },
    },
    prices: { archiveByte: 1, cpuSecond: 0 },
    levels: [LEVEL],
    archiveBytes: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    onRead: () => undefined,
  });
  return estimateSizes(domains, ({ totals }) => totals);
}

describe('an estimate, compared with packing the whole bucket', () => {
  test('is off by less than 5% for at least 9 of 10 samples, and states its margin of error', async () => {
    const objects = makeKnownObjects();
    const truth = await packKnownObjects(objects, LEVEL);
    const errors: number[] = [];
    let covered = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const { archiveBytes, margin } = await estimate(objects, seed);
      errors.push(archiveBytes / truth - 1);
      if (Math.abs(archiveBytes - truth) <= margin) covered += 1;
    }
    expect(errors.filter((error) => Math.abs(error) < 0.05).length).toBeGreaterThanOrEqual(9);
    expect(covered).toBeGreaterThanOrEqual(8);
  });
});
