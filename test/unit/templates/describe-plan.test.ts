import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { describePlan } from '../../../src/templates/describe-plan.ts';
import { loadRules, ruleEntry, SETTINGS } from '../../support/configuration.ts';
import { rulesBetween } from '../../support/plans.ts';

describe('the plan', () => {
  test('names each rule, where its objects go and the order of deployment', async () => {
    const plan = describePlan(await loadRules([ruleEntry()]));
    expect(plan).toMatch(/from {2}us-west-2 {2}s3:\/\//);
    expect(plan).toMatch(/Order of deployment: .*eu-central-1.*us-west-2/);
    expect(plan).not.toMatch(/fallback|endpoints| tasks|draining/);
    expect(describePlan(await loadRules([ruleEntry({ draining: true })]))).toMatch(
      /one-bucket-\S+ {2}\(draining: accepts no new objects\)\n/,
    );
  });

  test('prints what the caller knows about the savings of each rule, and the cost with all rules in use', async () => {
    const plan = describePlan(await loadRules([ruleEntry()]), ({ id }) => [`${id} pays`, 'from here on']);
    expect(plan).toMatch(/ per batch\n {4}pays {2}one-bucket-\S+ pays\n {10}from here on\n/);
    const [, fixed, inUse] =
      /about ([\d.]+) USD a month in total.*; ([\d.]+) USD with every rule in use/.exec(plan) ?? [];
    // Eleven metrics at the source and six at the target, 0.30 USD each.
    expect(Number(inUse) - Number(fixed)).toBeCloseTo(17 * 0.3, 9);
  });

  test('says where a fallback runs, how large its tasks are, and what it costs while idle', async () => {
    const plan = describePlan(await loadRules([ruleEntry({ fallback: true, fallback_on_demand_percent: 20 })]));
    expect(plan).toContain(
      'fallback  public network 10.0.0.0/16 in 2 zones, cluster, 1 rule with a queue and a service each',
    );
    expect(plan).toContain(
      'fallback  public network 10.2.0.0/16 in 2 zones, cluster, a queue and a service for arriving archives',
    );
    expect(plan).toContain(
      '    else  up to 20 tasks of 2 vCPU and 4096 MiB, the first on demand and 20% of the others, one per 60 waiting objects\n' +
        '          lower scaling_target_backlog_per_task if they are huge: a task works on 2 at a time\n',
    );
    expect(plan).toContain('20% of the others, one per 60 waiting archives\n');
    expect(plan.match(/10 metrics watched by alarms of the fallback 1\.00 USD/g)).toHaveLength(2);
    expect(plan).not.toContain('endpoints');
  });

  test('says that two rounds are only for regions where nothing is deployed yet', async () => {
    await using configuration = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': ['eu-west-1'] });
    expect(describePlan(await loadConfiguration(configuration.folder))).toContain(
      'Order of deployment, if nothing is deployed yet: eu-west-1 (targets only), us-east-1 (targets only), eu-west-1, us-east-1',
    );
  });

  test.each([
    [0, 'all on Spot'],
    [100, 'all on demand'],
  ])('says where tasks run when %d percent are on demand, and omits advice that was taken', async (percent, where) => {
    const rule = { fallback: true, fallback_on_demand_percent: percent, scaling_target_backlog_per_task: 1 };
    const plan = describePlan(await loadRules([ruleEntry(rule)]));
    expect(plan).toContain(`MiB, ${where}, one per waiting object\n`);
    expect(plan).not.toContain('scaling_target_backlog_per_task');
  });

  test('says what the other kind of network would cost, and nothing about networks without one', async () => {
    const [west, east, europe] = SETTINGS.enabled_regions;
    const costs = async (network: string): Promise<(string | undefined)[]> => {
      const regions = [west, east, { ...europe, network, availability_zones: 3 }];
      const plan = describePlan(
        await loadRules([ruleEntry({ fallback: true })], { ...SETTINGS, enabled_regions: regions }),
      );
      const [, section = ''] = plan.split('\neu-central-1\n');
      return [/= ([\d.]+) USD a month/, /with "network": "\w+" it would be ([\d.]+) USD/].map(
        (pattern) => pattern.exec(section)?.[1],
      );
    };
    const [publicCost, ifIsolated] = await costs('public');
    expect(await costs('isolated')).toEqual([ifIsolated, publicCost]);
    expect(Number(ifIsolated) - Number(publicCost)).toBeCloseTo(87.6);
    expect(describePlan(await loadRules([ruleEntry()]))).not.toContain('"network"');
  });

  test('warns about keys that are too long with a target_prefix', async () => {
    const plan = describePlan(await loadRules([ruleEntry({}, { target_prefix: 'irland/ä/' })]));
    expect(plan).toContain('warning: objects whose key has more than 1,014 bytes cannot be restored there');
    expect(describePlan(await loadRules([ruleEntry()]))).not.toContain('warning');
  });

  test('gives a hint for a prefix that begins with a slash, unlike the keys of a folder', async () => {
    const plan = describePlan(await loadRules([ruleEntry({ prefix_filter: '/logs/' })]));
    expect(plan).toContain('for the folder "logs/", set prefix_filter to "logs/"');
    expect(describePlan(await loadRules([ruleEntry({ prefix_filter: 'logs/' })]))).not.toContain('warning');
  });

  test('counts the hours of interface endpoints in an isolated network', async () => {
    const [west, east, europe] = SETTINGS.enabled_regions;
    const regions = [west, east, { ...europe, network: 'isolated', availability_zones: 3 }];
    const plan = describePlan(
      await loadRules([ruleEntry({ fallback: true })], { ...SETTINGS, enabled_regions: regions }),
    );
    expect(plan).toContain('12 interface endpoints, one per AWS service and zone 87.60 USD');
  });
});
