import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { deployedRule } from '../../src/configuration/deployed-rule.ts';
import type { Configuration } from '../../src/configuration/load.ts';
import { replicationSchema, settingsSchema } from '../../src/configuration/schema/schema.ts';
import { dashboard } from '../../src/templates/dashboard/region-dashboard.ts';
import { REPLICATION_METRICS, SOURCE_METRICS, TARGET_METRICS } from '../../src/templates/fixed-costs.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { measureTemplate } from '../../src/templates/write-template.ts';
import type { FoldedSub } from '../../src/templates/yaml.ts';
import { readResult } from '../benchmark/results-document.ts';
import { LIMITS, LOADS, MEASURED, needOf, replaceScaleTable, scaleTable } from '../support/scale.ts';

const text = await readFile(new URL('../../docs/scale.md', import.meta.url), 'utf8');

test('docs/scale.md has the table of its arithmetic (node test/support/write-scale.ts)', () => {
  expect(text).toContain(scaleTable());
  expect(replaceScaleTable(text)).toBe(text);
});

test('what it reckons with is not better than what docs/performance.md has as measured', async () => {
  const performance = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const figure = (row: string, pattern: RegExp): number =>
    Number(pattern.exec(readResult(performance, row))?.[1]?.replace(',', ''));
  const perSecond = /([\d,]+)\/s \|/;
  const cpu = /([\d.]+) CPU s\/GB/;
  expect(figure('throughput-source', perSecond)).toBeGreaterThanOrEqual(MEASURED.packed);
  expect(figure('throughput-target', perSecond)).toBeGreaterThanOrEqual(MEASURED.restored);
  expect(figure('memory-archive-source', cpu)).toBeLessThanOrEqual(MEASURED.packingCpu - 1);
  expect(figure('memory-archive-target', cpu)).toBeLessThanOrEqual(MEASURED.restoringCpu - 1);
});

test('no load needs more functions than one event source mapping per rule, or per target region, may have', () => {
  for (const load of LOADS) {
    const { rules, sourceFunctions, targetFunctions } = needOf(load);
    expect(sourceFunctions / rules).toBeLessThanOrEqual(LIMITS.concurrency);
    expect(targetFunctions).toBeLessThanOrEqual(LIMITS.concurrency);
  }
});

const TARGETS = [
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'eu-west-1',
  'eu-west-2',
  'eu-central-1',
  'sa-east-1',
  'ca-central-1',
];
const MAX_RESOURCES = 500;
const WATERMARKS = 1;

/** Rules from one region to the same others, all defaults. */
function configuration(rules: number, targets: number): Configuration {
  const regions = TARGETS.slice(0, targets);
  const entries = Array.from({ length: rules }, (_, index) => ({
    source: { region: 'us-east-1', bucket: `source-${index}` },
    destinations: regions.map((region) => ({ region, bucket: `target-${index}-${region}` })),
  }));
  const enabled_regions = ['us-east-1', ...regions].map((region) => ({
    region,
    source_target: [region === 'us-east-1' ? 'source' : 'target'],
  }));
  return {
    settings: settingsSchema.parse({ stack_name: 'compressor', enabled_regions }),
    rules: replicationSchema.parse({ replication_configuration: entries }).replication_configuration.map(deployedRule),
  };
}

/** Rules that one stack has room for: resources are proportional to them, but for those of the regions. */
function mostRules(targets: number): number {
  const [few, more] = [2, 6].map((rules) => measureTemplate(configuration(rules, targets), { priceRevision: '1' }));
  const ofRule = ((more?.resources ?? 0) - (few?.resources ?? 0)) / 4;
  return Math.floor(2 + (MAX_RESOURCES - (few?.resources ?? 0)) / ofRule);
}

test('one stack has room for fewer than 400 routes, and for some 120 rules to two regions', () => {
  for (const targets of [1, 2, 4, 6, 8]) expect(mostRules(targets) * targets).toBeLessThan(400);
  expect(Math.round(mostRules(2) / 10) * 10).toBe(120);
  expect(text).toContain('has room for fewer than 400 routes');
  expect(text).toContain('120 rules from one region to two');
});

test('the dashboard of as many rules as one stack has room for is within the limits of CloudWatch', () => {
  for (const targets of [1, 2, 8]) {
    const { settings, rules } = configuration(mostRules(targets), targets);
    const plans = planRegions({ settings, rules });
    const [plan] = plans;
    if (plan === undefined) throw new Error('there is no plan');
    const resources = dashboard({ settings, plan, plans, stacks: '', priceRevision: '' });
    const [resource] = Object.values(resources) as { Properties: { DashboardBody: FoldedSub } }[];
    const { widgets } = JSON.parse(resource?.Properties.DashboardBody.lines.join(' ') ?? '') as {
      widgets: { properties: { metrics: unknown[] } }[];
    };
    const lines = widgets.map(({ properties }) => properties.metrics.length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(500);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(2_500);
  }
});

test('its metrics are those of the plan, and their dollars', () => {
  const always = REPLICATION_METRICS + WATERMARKS;
  const metrics = 100 * SOURCE_METRICS + 200 * (TARGET_METRICS + always);
  const number = new Intl.NumberFormat('en-US').format(metrics);
  expect(text).toContain(
    `${SOURCE_METRICS} per rule and ${TARGET_METRICS} per rule and target region in months with traffic, ${always}`,
  );
  expect(text).toContain(`100 rules to 2 regions: ${number} metrics, ${metrics * 0.3} USD a month`);
});

test('its defaults are those of the configuration, and of the watermark function', async () => {
  const { settings, rules } = configuration(1, 1);
  const sizing = rules[0]?.sizing;
  expect(text).toContain(`\`batch_size\`, ${new Intl.NumberFormat('en-US').format(sizing?.batchSize ?? 0)} by default`);
  expect(text).toContain(`**concurrency of a rule**: \`scaling_limit\`, ${sizing?.maximumConcurrency} by default`);
  expect(text).toContain(
    `one function per region, \`scaling_limit\` ${settings.enabled_regions[1]?.scaling_limit} by default`,
  );
  // "By default a source function has one vCPU".
  expect(sizing?.functionMemoryMegabytes).toBe(1769);
  const stack = await readFile(new URL('../../src/stacks/watermark.yaml', import.meta.url), 'utf8');
  expect(text).toContain(`in one invocation, of ${/Timeout: (\d+)/.exec(stack)?.[1]} s`);
});
