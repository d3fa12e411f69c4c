import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { CostTable } from '../../simulation/cost-table.ts';
import { findMissedGoals, simulateWorkload } from '../../simulation/simulate.ts';
import { WORKLOADS } from '../../simulation/workloads.ts';
import { examplePrices } from '../../support/prices.ts';

/** Recorded by `npm run simulate:levels -- --costs test/fixtures/level-costs.json`, numbers rounded to four digits. */
const table = JSON.parse(
  readFileSync(new URL('../../fixtures/level-costs.json', import.meta.url), 'utf8'),
) as CostTable;

/** `npm run simulate:levels` also covers 1,000 archives. */
const HORIZONS = [10, 100];

describe('levels by dollars, simulated with recorded costs', () => {
  test.each(WORKLOADS)('meet their goals on $name', async (workload) => {
    const result = await simulateWorkload(workload, table, examplePrices(), { horizons: HORIZONS, seeds: [1, 2] });
    expect(findMissedGoals(result, HORIZONS)).toEqual([]);
  });

  test('make the same choices in each run', async () => {
    const [workload] = WORKLOADS;
    if (workload === undefined) throw new TypeError('There is no workload');
    const run = () => simulateWorkload(workload, table, examplePrices(), { horizons: [10], seeds: [1] });
    expect(await run()).toEqual(await run());
  });
});
