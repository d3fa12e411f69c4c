import { describe, expect, test } from '@jest/globals';
import { TYPICAL_LIMITS } from '../../../../src/adaptive/break-even.ts';
import { ruleCosts } from '../../../../src/adaptive/cost-model.ts';
import { formatAmount } from '../../../../src/cli/command/numbers.ts';
import { BILLED_TERABYTE, compareCosts, type PackedRun } from '../../../../src/cli/demo/cost-comparison.ts';
import { examplePrices } from '../../../support/prices.ts';
import { exampleRule } from '../../../support/rules.ts';

const rule = { costs: ruleCosts(exampleRule(), examplePrices()), limits: TYPICAL_LIMITS };

/** Ten objects of this size at 3x and level 9, as in a demo's folder. */
function runOf(size: number, ratio = 3): PackedRun {
  const sizes = Array.from({ length: 10 }, () => size);
  return { sizes, archiveBytes: (10 * size) / ratio, cpuSeconds: (10 * size) / 45e6 };
}

function worthOf(run: PackedRun, monthly?: { bytes: number; fixed: number }) {
  const worth = compareCosts(run, rule, monthly);
  if (worth === undefined) throw new Error('Nothing was packed');
  return worth;
}

const line = (of: ReturnType<typeof worthOf>['terabyte'], what: string) => of.lines.find((each) => each.what === what);

describe('what a run is worth', () => {
  test('is as calculated by hand for a TB of objects of 10 MB', () => {
    const { terabyte, verdict } = worthOf(runOf(10e6));
    // 1,024 GB at 0.02, and a third of it.
    expect(line(terabyte, 'transfer')?.plain).toBeCloseTo(20.48, 6);
    expect(line(terabyte, 'transfer')?.ours).toBeCloseTo(6.827, 3);
    const objects = 2 ** 40 / 10e6;
    const archives = 2 ** 40 / 64e6;
    const archiveBytes = 2 ** 40 / 3;
    // Per object a PUT, the event and a GET; a HEAD at either end, one part, and opening and completing in place of the PUT. Per archive PUT, opening and
    // completing at both ends, two runs, three SQS requests and two GETs; parts at both ends and a GET for each 8 MiB of objects.
    const puts = objects * (1 + 2) + archives * 2 * 2 + (archiveBytes / 2 ** 23) * 2;
    const gets = objects * (1 + 1 + 1) + archives * 2 + 2 ** 40 / 2 ** 23;
    const others = objects * 1.2 * 0.4e-6 + archives * (3 * 0.4e-6 + 2 * 0.2e-6);
    expect(line(terabyte, 'requests')?.ours).toBeCloseTo(puts * 5e-6 + gets * 0.4e-6 + others, 6);
    expect(line(terabyte, 'requests')?.plain).toBeCloseTo(objects * 5e-6, 9);
    expect(line(terabyte, 'staging')?.ours).toBeCloseTo(((1024 / 3) * 0.023 * 6.5) / 30.4375, 6);
    const net = terabyte.lines.reduce((sum, { plain, ours }) => sum + plain - ours, 0);
    expect(terabyte.net).toBeCloseTo(net, 9);
    expect(verdict).toBe(
      `At this mean size of 10.0 MB this is cheaper than S3's own replication by ${net.toFixed(2)} USD per TB.`,
    );
  });

  test('is a loss for small files, and names the size of docs/economics.md, however small the run was', () => {
    const { terabyte, verdict } = worthOf(runOf(25e3));
    expect(terabyte.net).toBeLessThan(0);
    expect(verdict).toBe(
      `At this mean size of 25.0 KB S3's own replication is cheaper by ${(-terabyte.net).toFixed(2)} USD per TB; this pays off from 98.7 KB, at a ratio of 3.0 : 1 (nothing packed twice).`,
    );
    // The named size is the one at which the table changes sign.
    expect(worthOf(runOf(98e3)).terabyte.net).toBeLessThan(0);
    expect(worthOf(runOf(100e3)).terabyte.net).toBeGreaterThan(0);
  });

  test('is a loss at any size if the objects do not shrink', () => {
    expect(worthOf(runOf(1e6, 1)).verdict).toContain(
      '; at a ratio of 1.0 : 1 (nothing packed twice) this does not pay off at any size.',
    );
  });

  test('includes the fixed cost of a month, and says when that exceeds the savings', () => {
    const large = worthOf(runOf(1e6), { bytes: 50 * BILLED_TERABYTE, fixed: 8 });
    expect(line(large.month ?? large.terabyte, 'fixed, for the rule')).toEqual({
      what: 'fixed, for the rule',
      plain: 0,
      ours: 8,
    });
    expect(large.month?.net).toBeCloseTo(50 * large.terabyte.net - 8, 0);
    expect(large.verdict).toMatch(
      /USD per TB\. At 50 TB per month it saves [\d,]+\.\d\d USD per month after fixed costs\.$/,
    );
    const little = worthOf(runOf(1e6), { bytes: BILLED_TERABYTE / 2, fixed: 8 });
    expect(little.month?.net).toBeLessThan(0);
    expect(little.verdict).toMatch(
      /At 512 GB per month it costs [\d.]+ USD per month more than S3's own replication: fixed costs and small archives cost more than it saves\.$/,
    );
  });

  test('says how much more a month of small files costs', () => {
    const { month, verdict } = worthOf(runOf(25e3), { bytes: 50 * BILLED_TERABYTE, fixed: 8 });
    const dollars = formatAmount(-(month?.net ?? 0));
    expect(
      verdict.endsWith(`At 50 TB per month it costs ${dollars} USD per month more than S3's own replication.`),
    ).toBe(true);
  });

  test('is unknown if nothing was packed', () => {
    expect(compareCosts({ sizes: [], archiveBytes: 0, cpuSeconds: 0 }, rule)).toBeUndefined();
  });
});
