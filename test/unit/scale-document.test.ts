import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../local-cloud/faults/random.ts';
import { CONTENT_CLASSES, type ContentClass } from '../../src/adaptive/content-class.ts';
import { type ArmSums, armKey } from '../../src/adaptive/rule-statistics.ts';
import { StatisticsCache } from '../../src/adaptive/statistics-cache.ts';
import { DynamoDbStatistics } from '../../src/aws/dynamodb/statistics.ts';
import type { StatisticsItem } from '../../src/aws/dynamodb/statistics-item.ts';
import { makeDeployedRule } from '../../src/configuration/deployed-rule.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../src/configuration/schema/levels.ts';
import { replicationSchema, settingsSchema } from '../../src/configuration/schema/schema.ts';
import { buildDashboard } from '../../src/templates/dashboard/region-dashboard.ts';
import { REPLICATION_METRICS, SOURCE_METRICS, TARGET_METRICS } from '../../src/templates/fixed-costs.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { measureTemplate } from '../../src/templates/write-template.ts';
import type { FoldedSub } from '../../src/templates/yaml.ts';
import { readResult } from '../benchmark/results-document.ts';
import { exactDynamoDb } from '../support/exact-dynamodb.ts';
import { rulesOverTenRegions } from '../support/rules-over-ten-regions.ts';
import { itemBytes, LIMITS, LOADS, MEASURED, needOf, replaceScaleTable, scaleTable } from '../support/scale.ts';

const text = await readFile(new URL('../../docs/scale.md', import.meta.url), 'utf8');

test('docs/scale.md has the table of its arithmetic (node test/support/write-scale.ts)', () => {
  expect(text).toContain(scaleTable());
  expect(replaceScaleTable(text)).toBe(text);
});

test('its assumptions do not exceed the measurements in docs/performance.md', async () => {
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

test('its sentences state the same object rate, and the product for twenty rules and fifty targets', () => {
  const number = (value: number): string => new Intl.NumberFormat('en-US').format(value);
  const { packed, restored } = MEASURED;
  expect(text).toContain(`${number(packed)} objects packed and ${number(restored)} restored a second by one function`);
  expect(text).toContain(`20 x ${number(packed)} = ${number(20 * packed)} objects a second`);
  expect(text).toContain(`up to ${number(LIMITS.concurrency * packed)} objects a second`);
  expect(text).toContain(`50 x ${number(restored)} = ${number(50 * restored)} objects a second`);
});

test('the watermarks of 500 routes take no longer than the page says, which is less than a minute', async () => {
  const performance = await readFile(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  const measured = Number(/([\d.]+) s \|/.exec(readResult(performance, 'watermark-500-routes'))?.[1]);
  const said = [...text.matchAll(/([\d.]+) s for the watermarks of 500 routes|500 routes took ([\d.]+) s/g)].map(
    ([, one, other]) => Number(one ?? other),
  );
  expect(said).toHaveLength(2);
  for (const seconds of said) {
    expect(seconds).toBeGreaterThanOrEqual(measured);
    expect(seconds).toBeLessThan(60);
  }
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

/** Rules from one region to the same others, with all defaults. */
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
    rules: replicationSchema
      .parse({ replication_configuration: entries })
      .replication_configuration.map(makeDeployedRule),
  };
}

/** Rules that one stack has room for: apart from those of the regions, resources are proportional to them. */
function mostRules(targets: number): number {
  return mostOf((rules) => configuration(rules, targets), 2);
}

/** @param first number of rules with which every resource exists that does not belong to a rule */
function mostOf(configured: (rules: number) => Configuration, first: number): number {
  const [few, more] = [first, 3 * first].map((rules) => measureTemplate(configured(rules), { priceRevision: '1' }));
  const ofRule = ((more?.resources ?? 0) - (few?.resources ?? 0)) / (2 * first);
  return Math.floor(first + (MAX_RESOURCES - (few?.resources ?? 0)) / ofRule);
}

test('one stack has room for fewer than 400 routes, and for about 120 rules to two regions', () => {
  for (const targets of [1, 2, 4, 6, 8]) expect(mostRules(targets) * targets).toBeLessThan(400);
  expect(Math.round(mostRules(2) / 10) * 10).toBe(120);
  expect(text).toContain('has room for fewer than 400 routes');
  expect(text).toContain('120 rules from one region to two');
});

test('one stack has room for about 90 rules over ten regions', () => {
  const most = mostOf(rulesOverTenRegions, 10);
  expect(Math.floor(most / 10) * 10).toBe(90);
  expect(measureTemplate(rulesOverTenRegions(most), { priceRevision: '1' }).resources).toBeLessThanOrEqual(
    MAX_RESOURCES,
  );
  expect(measureTemplate(rulesOverTenRegions(most + 1), { priceRevision: '1' }).resources).toBeGreaterThan(
    MAX_RESOURCES,
  );
  expect(text).toContain('some 90 rules over 10 regions');
});

/** A rule that has used every level, with content of these classes only. */
async function learnedItem(classes: readonly ContentClass[]): Promise<StatisticsItem> {
  const items = new Map<string, Record<string, { readonly N: string }>>();
  const client = exactDynamoDb(items);
  const levels = levelsToChooseFrom(STANDARD_LEVELS);
  const store = new DynamoDbStatistics({ table: 't', openClient: () => Promise.resolve(client), now: Date.now });
  const cache = new StatisticsCache({ rule: RULE_ID, store, now: () => 0, onFailure: rethrow });
  const random = seededRandom(1);
  for (let archive = 0; archive < ARCHIVES; archive += 1) {
    // Each level once per round, with 32 MB of every class.
    const level = levels[archive % levels.length] ?? 1;
    const arms = classes.map((content) => [armKey(content, level), archiveSums(random)] as const);
    const probed = archive % 32 === 0 ? classes : [];
    const priors = probed.flatMap((content) =>
      levels.map((each) => [armKey(content, each), { gain: random(), secondsPerByte: random() * 1e-8 }] as const),
    );
    const probes = probed.map((content) => [content, { archive, fraction: random() }] as const);
    await cache.add({ arms: new Map(arms), priors: new Map(priors), probes: new Map(probes) });
  }
  return { Id: { S: RULE_ID }, ...items.get(RULE_ID) };
}

/** After the first rebase of the weights, when numbers are longest. */
const ARCHIVES = 600;
const RULE_ID = 'example-reports-published-c8985ecdaa';

function rethrow(error: Error): never {
  throw error;
}

/** One archive, with all the digits of a double. */
function archiveSums(random: () => number): ArmSums {
  const bytes = Math.ceil(32e6 * (1 + random()));
  const tested = bytes * (0.3 + 0.1 * random());
  return { archives: 1, bytes, tested, compressed: Math.ceil(tested * 0.9), cpuSeconds: bytes * 4e-9 * (1 + random()) };
}

test('an item of statistics has the size that the page states, which decides how many archives a rule may write', async () => {
  const [one, all] = await Promise.all([learnedItem(['text']), learnedItem(CONTENT_CLASSES)]);
  const kilobytes = (item: StatisticsItem): string => (itemBytes(item) / 1024).toFixed(1);
  const units = Math.ceil(itemBytes(one) / 1024);
  const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
  const count = words[CONTENT_CLASSES.length] ?? String(CONTENT_CLASSES.length);
  const archives = LIMITS.itemWrites / units;
  const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  expect(text).toContain(
    `one write per archive. An item takes ${kilobytes(one)} KB with one content class at all levels and ${kilobytes(all)} KB with ` +
      `all ${count}: ${units} and ${Math.ceil(itemBytes(all) / 1024)} write units. With one class, that allows ${number.format(archives)} archives, or `,
  );
  expect(text).toContain(
    `${number.format(archives * LIMITS.batch)} objects of 10 KB, a second per rule; with all ${count}, a quarter of both`,
  );
  expect(Math.ceil(itemBytes(all) / 1024)).toBe(4 * units);
});

test('the dashboard of the most rules that one stack has room for is within the limits of CloudWatch', () => {
  for (const targets of [1, 2, 8]) {
    const { settings, rules } = configuration(mostRules(targets), targets);
    const plans = planRegions({ settings, rules });
    const [plan] = plans;
    if (plan === undefined) throw new Error('there is no plan');
    const resources = buildDashboard({ settings, plan, plans, stacks: '', priceRevision: '' });
    const [resource] = Object.values(resources) as { Properties: { DashboardBody: FoldedSub } }[];
    const { widgets } = JSON.parse(resource?.Properties.DashboardBody.lines.join(' ') ?? '') as {
      widgets: { properties: { metrics: unknown[] } }[];
    };
    const lines = widgets.map(({ properties }) => properties.metrics.length);
    expect(Math.max(...lines)).toBeLessThanOrEqual(500);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(2_500);
  }
});

test('its number of metrics and their cost are those of the plan', () => {
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
  expect(text).toContain(`in one invocation of up to ${/Timeout: (\d+)/.exec(stack)?.[1]} s`);
});
