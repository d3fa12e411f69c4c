import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { settingsSchema } from '../../../src/configuration/schema/schema.ts';
import { ALARMS, ROUTE_ALARMS, VERIFY_ALARMS } from '../../../src/templates/alarms.ts';
import {
  type FixedCost,
  fixedCosts,
  metricCosts,
  ruleDollars,
  sumDollars,
} from '../../../src/templates/fixed-costs.ts';
import { planRegions } from '../../../src/templates/plan-regions.ts';
import { deployedRules } from '../../support/deployed-rules.ts';
import { emittedMetrics } from '../../support/emitted-metrics.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../configuration', import.meta.url));

test('counts as many metrics as the functions write when all goes well', async () => {
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

describe('what deletions add to the cost of a rule in a month', () => {
  const moreBy = (...destinations: readonly (readonly [region: string, deletes: 'ignore' | 'replicate'])[]): number => {
    const dollarsWith = (deletes: (of: 'ignore' | 'replicate') => string): number => {
      const entries = destinations.map(([region, of], index) => ({
        region,
        bucket: `copy-${index}`,
        deletes: deletes(of),
      }));
      const [rule] = deployedRules([{ source: { region: 'eu-west-1', bucket: 'source' }, destinations: entries }]);
      if (rule === undefined) throw new Error('there is no rule');
      return ruleDollars(rule);
    };
    return dollarsWith((of) => of) - dollarsWith(() => 'ignore');
  };

  test('is $0.30 for each metric: DeletionsPacked at the source, five in each region that deletes', () => {
    expect(moreBy(['us-east-1', 'ignore'])).toBe(0);
    // (1 + 5) x $0.30
    expect(moreBy(['us-east-1', 'replicate'])).toBeCloseTo(1.8, 9);
    expect(moreBy(['us-east-1', 'replicate'], ['us-west-2', 'ignore'])).toBeCloseTo(1.8, 9);
    // Metrics belong to a rule and region, not to a bucket.
    expect(moreBy(['us-east-1', 'replicate'], ['us-east-1', 'replicate'])).toBeCloseTo(1.8, 9);
    // (1 + 2 x 5) x $0.30
    expect(moreBy(['us-east-1', 'replicate'], ['us-west-2', 'replicate'])).toBeCloseTo(3.3, 9);
  });
});

test('a rule with scheduled verifications costs two more alarms, and its region four', () => {
  const [plain, verified] = ['never', 'weekly'].map((verify) => {
    const rules = deployedRules([
      {
        source: { region: 'eu-west-1', bucket: 'source', verify },
        destinations: [{ region: 'us-east-1', bucket: 'copy' }],
      },
    ]);
    const settings = settingsSchema.parse({
      stack_name: 'app',
      enabled_regions: [{ region: 'eu-west-1', source_target: ['source'] }],
    });
    const [plan] = planRegions({ settings, rules });
    const [rule] = rules;
    if (plan === undefined || rule === undefined) throw new Error('there is no plan');
    return { region: sumDollars(fixedCosts(plan)), rule: ruleDollars(rule) };
  });
  expect((verified?.rule ?? 0) - (plain?.rule ?? 0)).toBeCloseTo(0.2, 9);
  expect((verified?.region ?? 0) - (plain?.region ?? 0)).toBeCloseTo(0.6, 9);
});

describe('docs/deployment.md', () => {
  const document = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8');
  const rowOf = (title: string): string[] => {
    const line = document.split('\n').find((text) => text.startsWith(`| ${title} |`)) ?? '';
    return line.split('|').map((cell) => cell.trim());
  };

  test('has the totals of the example', async () => {
    const plans = planRegions(await loadConfiguration(CONFIGURATION));
    const fixed = sumDollars(plans.flatMap(fixedCosts)).toFixed(2);
    const inUse = sumDollars(plans.flatMap(metricCosts)).toFixed(2);
    const said = /comes to .*? in months/.exec(document.replaceAll('\n', ' '))?.[0];
    expect(said).toBe(`comes to ${fixed}, and ${inUse} more in months`);
  });

  test('has the price of each item', async () => {
    const items = planRegions(await loadConfiguration(CONFIGURATION)).flatMap(fixedCosts);
    const each = (what: string): string => {
      const item = items.find((candidate): candidate is FixedCost => candidate.what === what);
      return ((item?.dollars ?? 0) / (item?.count ?? 0)).toFixed(2);
    };
    expect(rowOf('KMS key')[2]).toBe(each('KMS key'));
    expect(rowOf('alarm')[2]).toBe(each('alarms'));
    expect(rowOf('dashboard')[2]).toBe(each('dashboard'));
    expect(rowOf('idle polling of a queue')[2]).toBe(each('idle queues that Lambda polls'));
    expect(rowOf('watermark: a metric, and measuring it every five minutes')[2]).toBe(each('watermarks'));
    expect(rowOf('our own metrics, only in months with traffic')[2]).toBe(each('S3 replication metrics'));
  });

  test('has the number of alarms and of our own metrics', async () => {
    const { rule, target, source, watermark, region, verify } = ALARMS;
    expect(rowOf('alarm')[3]).toBe(
      `${rule.length} per rule, ${ROUTE_ALARMS.length} per rule and target region, ${target.length} per target region, ` +
        `${source.length + watermark.length} per source region, ${region.length} per region; ` +
        `${VERIFY_ALARMS.length} per rule with \`verify\`, ${verify.length} per source region with such a rule`,
    );
    const inUse = planRegions(await loadConfiguration(CONFIGURATION)).map((plan) => ({
      outgoing: plan.outgoing.length,
      incoming: new Set(plan.incoming.map((arrival) => arrival.rule.id)).size,
      metrics: metricCosts(plan).reduce((sum, { count }) => sum + count, 0),
    }));
    const [perRule = '', perRoute = ''] = rowOf('our own metrics, only in months with traffic')[3]?.match(/\d+/g) ?? [];
    for (const { outgoing, incoming, metrics } of inUse) {
      expect(metrics).toBe(outgoing * Number(perRule) + incoming * Number(perRoute));
    }
  });
});
