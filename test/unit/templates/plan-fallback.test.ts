import { describe, expect, test } from '@jest/globals';
import type { FallbackPlan } from '../../../src/templates/plan-fallback.ts';
import { planRegions } from '../../../src/templates/plan-regions.ts';
import { loadRules, ruleEntry, SETTINGS } from '../../support/configuration.ts';

const [WEST, EAST, EUROPE] = SETTINGS.enabled_regions;

async function plansOf(
  rules: readonly object[],
  regions: readonly unknown[] = SETTINGS.enabled_regions,
): Promise<Record<string, FallbackPlan | undefined>> {
  const plans = planRegions(await loadRules(rules, { ...SETTINGS, enabled_regions: regions }));
  return Object.fromEntries(plans.map(({ region, fallback }) => [region, fallback]));
}

describe('the fallback of a region', () => {
  test('exists where a rule that has it begins or ends, and nowhere else', async () => {
    const plans = await plansOf([
      ruleEntry({ fallback: true }),
      ruleEntry({ bucket: 'two-bucket' }, { region: 'us-east-1', bucket: 'east-bucket' }),
    ]);
    expect(plans['us-west-2']?.rules.map(({ rule }) => rule.source.bucket)).toEqual(['one-bucket']);
    expect(plans['us-west-2']?.arriving).toBeUndefined();
    expect(plans['us-east-1']).toBeUndefined();
    expect(plans['eu-central-1']).toMatchObject({ rules: [], arriving: { maximumTasks: 50 } });
  });

  test('does not exist if no rule has it', async () => {
    expect(Object.values(await plansOf([ruleEntry()]))).toEqual([undefined, undefined, undefined]);
  });

  test('has restore tasks large enough for each rule, at a size that Fargate offers', async () => {
    const sizes = [
      { cpu: 8192, memory: 16_384, scaling_target_backlog_per_task: 9 },
      { cpu: 2048, memory: 15_360, scaling_target_backlog_per_task: 4, fallback_on_demand_percent: 30 },
      { cpu: 4096, memory: 30_720 },
    ];
    const rules = sizes.map((size, index) =>
      ruleEntry({ ...size, fallback: true, bucket: `from-${index}` }, { bucket: `to-${index}` }),
    );
    expect((await plansOf(rules))['eu-central-1']?.arriving).toEqual({
      cpu: 8192,
      memoryMebibytes: 32_768,
      maximumTasks: 50,
      backlogPerTask: 4,
      onDemandPercent: 30,
    });
  });

  test.each([
    ['10.2.0.0/16', 2, ['10.2.0.0/19', '10.2.32.0/19']],
    ['10.2.255.7/24', 6, ['0/27', '32/27', '64/27', '96/27', '128/27', '160/27'].map((end) => `10.2.255.${end}`)],
    ['10.2.0.64/26', 4, ['64/28', '80/28', '96/28', '112/28'].map((end) => `10.2.0.${end}`)],
    ['10.2.0.16/28', 1, ['10.2.0.16/28']],
  ])('divides %s into %i subnets', async (vpc_cidr, availability_zones, expected) => {
    const regions = [WEST, EAST, { ...EUROPE, vpc_cidr, availability_zones }];
    const plans = await plansOf([ruleEntry({ fallback: true })], regions);
    expect(plans['eu-central-1']?.subnetCidrs).toEqual(expected);
  });
});
