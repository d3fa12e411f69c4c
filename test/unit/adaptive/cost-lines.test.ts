import { describe, expect, test } from '@jest/globals';
import {
  type Amounts,
  archiveAmounts,
  archiveDollars,
  type CostDriver,
  type CostItem,
  ruleCosts,
  sumLines,
} from '../../../src/adaptive/cost-model.ts';
import { GIB } from '../../../src/units.ts';
import { examplePrices } from '../../support/prices.ts';
import { exampleRule } from '../../support/rules.ts';

const NOTHING: Amounts = { archives: 0, objects: 0, originalBytes: 0, archiveBytes: 0, cpuSeconds: 0 };
const PUT = 5e-6;
const GET = 0.4e-6;
const SQS = 0.4e-6;
const LAMBDA = 0.2e-6;
const PART = 8 * 2 ** 20;
/** 1,769 MB for a second, in GB of 1,024 MB, at 0.0000133334 USD per GB-second. */
const VCPU_SECOND = (1769 / 1024) * 0.0000133334;

/**
 * USD per unit of each cost driver, worked out by hand from the prices: a row here fails for every line of the model
 * that is missing or wrong. For a rule to two buckets of us-east-1 (0.02 USD per GB) and one of ap-southeast-2 (0.05).
 */
const BY_HAND: readonly (readonly [CostItem, CostDriver, number])[] = [
  // A copy per region, not per bucket.
  ['transfer', 'archiveBytes', (0.02 + 0.05) / GIB],
  ['compute', 'cpuSeconds', VCPU_SECOND],
  ['compute', 'objects', VCPU_SECOND * 0.21e-3],
  ['compute', 'originalBytes', VCPU_SECOND * 4.0e-9],
  // GET, PUT and statistics one after the other, 25 ms each, in a function of one vCPU.
  ['compute', 'archives', VCPU_SECOND * 0.075],
  // Tail, manifest, frame, PUT and DELETE, in two regions.
  ['restoring', 'archives', VCPU_SECOND * 0.125 * 2],
  ['restoring', 'objects', VCPU_SECOND * 0.23e-3 * 3],
  ['restoring', 'originalBytes', VCPU_SECOND * 5.9e-9 * 3],
  // Three invocations; the archive's PUT and two replicas; in each region an event sent, received and deleted, the tail and a frame.
  ['requests', 'archives', 3 * LAMBDA + 3 * PUT + 2 * (3 * SQS + 2 * GET)],
  // The event, received and deleted ten at a time; a GET; a PUT per bucket.
  ['requests', 'objects', 1.2 * SQS + GET + 3 * PUT],
  // Parts of the archive and of its replicas.
  ['requests', 'archiveBytes', (3 * PUT) / PART],
  // Creating and completing an upload instead of one PUT, in three regions.
  ['requests', 'multipartArchives', 3 * PUT],
  // Frames read in two regions.
  ['requests', 'originalBytes', (2 * GET) / PART],
  ['requests', 'largeReads', GET],
  ['requests', 'largeWrites', 3 * PUT],
  ['requests', 'looks', 3 * GET],
  // 0.023 USD per GB and month of 30.4375 days: 5 days here, 1.5 in each region.
  ['storage', 'archiveBytes', (0.023 * (5 + 1.5 * 2)) / 30.4375 / GIB],
  // One data key here, three calls in each region.
  ['encryption', 'archives', (1 + 3 * 2) * 0.000003],
  // An update of an item of up to 4 KB.
  ['statistics', 'archives', 4 * 0.000000625],
  // 2,750 bytes of log here and 3,370 in each region, at 0.50 USD per GB.
  ['logs', 'archives', ((2750 + 3370 * 2) / GIB) * 0.5],
];

describe('the cost model, worked out by hand', () => {
  const rule = exampleRule({}, [
    { bucket: 'first' },
    { bucket: 'second' },
    { bucket: 'third', region: 'ap-southeast-2' },
  ]);
  const { ours, plain } = ruleCosts(
    rule,
    examplePrices({ transfer_gb: { 'us-east-1': 0.02, 'ap-southeast-2': 0.05 } }),
  );

  test.each(BY_HAND)('charges %s for one of %s', (item, driver, dollars) => {
    const lines = ours.filter((line) => line.item === item);
    expect(sumLines(lines, { ...NOTHING, [driver]: 1 }) / dollars).toBeCloseTo(1, 9);
  });

  test('charges nothing else', () => {
    const known = new Set(BY_HAND.map(([item, driver]) => `${item} ${driver}`));
    expect(new Set(ours.map(({ item, driver }) => `${item} ${driver}`))).toEqual(known);
  });

  test('charges plain S3 replication for each object to each bucket', () => {
    expect(sumLines(plain, { ...NOTHING, originalBytes: GIB })).toBeCloseTo(0.02 + 0.02 + 0.05, 12);
    expect(sumLines(plain, { ...NOTHING, objects: 1 })).toBeCloseTo(3 * PUT, 15);
  });
});

describe('the cost of an archive without its requests, worked out by hand', () => {
  // 1,000 objects of 1 GiB in all, an archive of 0.25 GiB, 20 s of compression; one region.
  const archive = { objects: 1000, originalBytes: 2 ** 30, archiveBytes: 2 ** 28, cpuSeconds: 20 };
  const { ours, plain } = ruleCosts(exampleRule(), examplePrices());
  const of = (lines: typeof ours, item: string): number =>
    archiveDollars({ ours: lines.filter((line) => line.item === item), plain: [] }, archiveAmounts(archive)).ours;

  test.each([
    // A GB of 2^30 bytes at 0.02 USD.
    ['transfer', 0.25 * 0.02],
    // 20 s, 1,000 x 0.21 ms, 4.0 s per 10^9 bytes, 3 waits of 25 ms.
    ['compute', VCPU_SECOND * (20 + 0.21 + 4.0 * 1.073741824 + 0.075)],
    ['restoring', VCPU_SECOND * (0.23 + 5.9 * 1.073741824 + 0.125)],
    // 0.023 USD per GB and month, 5 days here and 1.5 there.
    ['storage', (0.25 * 0.023 * 6.5) / 30.4375],
    // One data key here, three calls there.
    ['encryption', 4 * 0.000003],
    // An update of up to 4 KB.
    ['statistics', 4 * 0.000000625],
    // 2,750 and 3,370 bytes of log, 0.50 USD per GB.
    ['logs', (6120 / 1073741824) * 0.5],
  ])('includes %s', (item, dollars) => {
    expect(of(ours, item) / dollars).toBeCloseTo(1, 4);
  });

  test('includes nothing else', () => {
    const items = new Set(ours.map(({ item }) => item));
    expect([...items].toSorted()).toEqual([
      ...['compute', 'encryption', 'logs', 'requests', 'restoring', 'statistics', 'storage', 'transfer'],
    ]);
    expect(of(plain, 'transfer')).toBeCloseTo(0.02, 12);
    expect(of(plain, 'requests')).toBeCloseTo(1000 * PUT, 12);
  });
});
