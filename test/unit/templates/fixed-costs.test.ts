import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { fixedCosts, metricCosts } from '../../../src/templates/fixed-costs.ts';
import { planRegions } from '../../../src/templates/plan-regions.ts';
import { emittedMetrics } from '../../support/emitted-metrics.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../configuration', import.meta.url));

test('as many metrics are counted as the functions write when all goes well', async () => {
  const configuration = await loadConfiguration(CONFIGURATION);
  const prices = await readFile(join(CONFIGURATION, 'prices.json'), 'utf8');
  const emitted = emittedMetrics(configuration, prices, 'when all goes well');
  for (const plan of planRegions(configuration)) {
    const here = emitted.filter(({ region }) => region === plan.region);
    const watermarks = here.filter(({ name }) => name === 'WatermarkAgeSeconds');
    const inUse = metricCosts(plan).reduce((sum, { count }) => sum + count, 0);
    expect(inUse).toBe(here.length - watermarks.length);
    expect(fixedCosts(plan).find(({ what }) => what === 'watermarks')?.count ?? 0).toBe(watermarks.length);
  }
});
