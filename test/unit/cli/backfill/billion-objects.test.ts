import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { backfillCost } from '../../../../src/cli/backfill/backfill-cost.ts';
import { BATCH_REPLICATION, engineCost, QUEUED_PER_FUNCTION } from '../../../../src/cli/backfill/engine-cost.ts';
import { formatCount, formatDollars } from '../../../../src/cli/command/numbers.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { loadPriceFile } from '../../../../src/configuration/prices/load.ts';
import { pricesFromFile } from '../../../../src/configuration/prices/price-file.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../../configuration', import.meta.url));
const PAGE = fileURLToPath(new URL('../../../../docs/existing-objects.md', import.meta.url));
/** A billion objects of 100 KB, in a thousand data files. */
const OBJECTS = 1e9;
const FILES = 1000;
const BYTES = 1e14;

async function costs() {
  const { rules, settings } = await loadConfiguration(CONFIGURATION);
  const [rule] = rules;
  if (rule === undefined) throw new Error('the example has no rule');
  const prices = pricesFromFile(await loadPriceFile(CONFIGURATION), settings.prices, {
    fromRegion: 'eu-west-1',
    toRegions: ['us-east-1'],
  });
  const packing = backfillCost({ objects: OBJECTS, bytes: BYTES }, rule, prices, {
    rate: 10 * QUEUED_PER_FUNCTION,
  });
  return { rule, queueing: engineCost({ objects: OBJECTS, files: FILES }, prices), packing };
}

describe('a billion objects', () => {
  test('cost as much to queue as calculated by hand', async () => {
    const { queueing } = await costs();
    // 1,000 files x 4 transitions x $0.000025
    expect(queueing.transitions).toBeCloseTo(0.1, 6);
    // 100,000 s x 1.7275 GB x $0.0000133334 + 1,000 x $0.0000002
    expect(queueing.function).toBeCloseTo(2.3036, 3);
    // 100,000,000 calls x $0.0000004
    expect(queueing.messages).toBeCloseTo(40, 6);
    // 1,000 million x $0.0025
    expect(queueing.inventory).toBeCloseTo(2.5, 6);
  });

  test('have their figures in docs/existing-objects.md', async () => {
    const { queueing, packing } = await costs();
    const fee = (OBJECTS / 1e6) * BATCH_REPLICATION.million + BATCH_REPLICATION.job;
    const rows = [
      `| inventory of the source | ${formatDollars(queueing.inventory)} |`,
      `| state transitions, 4 per data file | ${formatDollars(queueing.transitions)} |`,
      `| the function that queues | ${formatDollars(queueing.function)} |`,
      `| messages, ten per call | ${formatDollars(queueing.messages)} |`,
      `| packing, transfer and restoring, if objects compress to a third | $${formatCount(packing.dollars)} |`,
      `| S3 Batch Replication of the same objects | $${formatCount(packing.plainDollars + fee)} |`,
      `| hours to queue with 10 functions | ${(OBJECTS / (10 * QUEUED_PER_FUNCTION) / 3600).toFixed(1)} |`,
      `| hours to pack at \`scaling_limit\` 20 | ${formatCount(packing.hours)} |`,
    ];
    const page = await readFile(PAGE, 'utf8');
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});
