import { describe, expect, test } from '@jest/globals';
import { describePlan } from '../../../src/templates/describe-plan.ts';
import { loadRules, ruleEntry, SETTINGS } from '../../support/configuration.ts';

describe('the plan', () => {
  test('names each rule, where its objects go, and the order of deployment', async () => {
    const plan = describePlan(await loadRules([ruleEntry()]));
    expect(plan).toMatch(/from {2}us-west-2 {2}s3:\/\//);
    expect(plan).toMatch(/Order of deployment: .*eu-central-1.*us-west-2/);
    expect(plan).not.toMatch(/fallback|endpoints| tasks|draining/);
    expect(describePlan(await loadRules([ruleEntry({ draining: true })]))).toMatch(
      /one-bucket-\S+ {2}\(draining: takes no new objects\)\n/,
    );
  });

  test('says where a fallback runs, how large its tasks are, and what it costs while nothing needs it', async () => {
    const plan = describePlan(await loadRules([ruleEntry({ fallback: true, fallback_on_demand_percent: 20 })]));
    expect(plan).toContain(
      'fallback  public network 10.0.0.0/16 in 2 zones, cluster, 1 rule with a queue and a service each',
    );
    expect(plan).toContain(
      'fallback  public network 10.2.0.0/16 in 2 zones, cluster, a queue and a service for what arrives',
    );
    expect(plan).toContain(
      'else  up to 20 tasks of 2 vCPU and 4096 MiB, 20 % of them on demand, one for each 60 messages',
    );
    expect(plan.match(/10 metrics under alarms of the fallback 1\.00 USD/g)).toHaveLength(2);
    expect(plan).not.toContain('endpoints');
  });

  test('counts the hours of interface endpoints where a network is isolated', async () => {
    const [west, east, europe] = SETTINGS.enabled_regions;
    const regions = [west, east, { ...europe, network: 'isolated', availability_zones: 3 }];
    const plan = describePlan(
      await loadRules([ruleEntry({ fallback: true })], { ...SETTINGS, enabled_regions: regions }),
    );
    expect(plan).toContain('12 interface endpoints, one a service of AWS and zone 87.60 USD');
  });
});
