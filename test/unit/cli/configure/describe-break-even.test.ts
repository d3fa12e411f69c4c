import { describe, expect, test } from '@jest/globals';
import { describeBreakEven } from '../../../../src/cli/configure/describe-break-even.ts';
import type { DeployedRule } from '../../../../src/configuration/deployed-rule.ts';
import { loadRules, ruleEntry } from '../../../support/configuration.ts';
import { examplePrices } from '../../../support/prices.ts';

const prices = examplePrices({ transfer_gb: { 'eu-central-1': 0.02, 'us-east-1': 0.02 } });

async function ruleOf(source: object = {}, ...destinations: readonly object[]): Promise<DeployedRule> {
  const [rule] = (await loadRules([ruleEntry(source, ...destinations)])).rules;
  if (rule === undefined) throw new Error('There is no rule');
  return rule;
}

describe("the plan's line on when a rule pays", () => {
  test('names both sizes at 3x, the volume that covers the fixed cost, and what to do below', async () => {
    // docs/economics.md has the same sizes; 8.49 is calculated by hand from alarms, metrics, watermark and queue.
    expect(describeBreakEven(await ruleOf(), prices)).toEqual([
      'objects of 98.7 KB or more on average (143 KB if all are overwrites), at 3x',
      "at least 1,300 GB of 1.0 MB or 1,200 GB of 10.0 MB objects per month, arriving evenly: this covers the rule's fixed cost of 8.49 USD per month",
      'below either: let S3 replicate these objects directly, merge rules into one with a shorter prefix, or raise batch_window',
    ]);
  });

  test('uses what is known about the objects instead of the usual values', async () => {
    const rule = await ruleOf();
    const [size, volume] = describeBreakEven(rule, prices, { ratio: 2.5, objectBytes: 300e3 });
    expect(size).toMatch(/^objects of 1\d\d KB .* at 2\.5x$/);
    expect(volume).toMatch(/^at least [\d,]+ GB of 300 KB objects per month,/);
    expect(describeBreakEven(rule, prices, { objectBytes: 25e3 })).toEqual([
      'never with objects of 25.0 KB: at 3x they must be 98.7 KB or more on average',
      'remove the rule, and let S3 replicate its objects directly',
    ]);
  });

  test('is "never" if a rule stores or its objects do not shrink', async () => {
    const stores = await ruleOf({ levels: ['store'] });
    expect(describeBreakEven(stores, prices)[0]).toBe('never: at 1x no object size pays off');
    expect(describeBreakEven(await ruleOf(), prices, { ratio: 1.01 })[0]).toContain('never: at 1x');
  });

  test('names larger objects for a slow level, and less than half the size for two regions', async () => {
    const sizeOf = async (source: object, ...destinations: readonly object[]): Promise<number> => {
      const [line = ''] = describeBreakEven(await ruleOf(source, ...destinations), prices);
      return Number(/^objects of ([\d.]+) KB/.exec(line)?.[1]);
    };
    const usual = await sizeOf({});
    expect(await sizeOf({ level: 12 })).toBeGreaterThan(usual);
    expect(await sizeOf({ level: 3 })).toBeLessThan(usual);
    expect(await sizeOf({}, {}, { region: 'us-east-1', bucket: 'third' })).toBeLessThan(usual / 2);
  });

  test('counts the alarms of a fallback, eleven metrics at 0.10 USD and its share of the watermark', async () => {
    expect(describeBreakEven(await ruleOf({ fallback: true }), prices)[1]).toContain(
      "the rule's fixed cost of 9.57 USD",
    );
  });

  test('says which price is missing instead of counting it as zero', async () => {
    expect(describeBreakEven(await ruleOf(), examplePrices({ transfer_gb: {} }))[0]).toMatch(
      /^unknown: .*settings\.json/,
    );
  });
});
