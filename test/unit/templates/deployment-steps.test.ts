import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import { deploymentSteps, removalOrder } from '../../../src/templates/deployment-steps.ts';
import { planRegions, type RegionPlan } from '../../../src/templates/plan-regions.ts';
import { rulesBetween } from '../../support/plans.ts';

describe('deploymentSteps', () => {
  const plans = async (routes: Readonly<Record<string, readonly string[]>>): Promise<RegionPlan[]> => {
    await using configuration = await rulesBetween(routes);
    return planRegions(await loadConfiguration(configuration.folder));
  };

  test('puts every region behind those it sends to', async () => {
    const chain = await plans({ 'eu-west-1': ['us-east-1'], 'us-east-1': ['ap-southeast-2'], 'ap-southeast-2': [] });
    expect(deploymentSteps(chain)).toEqual([
      { region: 'ap-southeast-2', stage: 'all' },
      { region: 'us-east-1', stage: 'all' },
      { region: 'eu-west-1', stage: 'all' },
    ]);
    expect(removalOrder(chain)).toEqual(['eu-west-1', 'us-east-1', 'ap-southeast-2']);
  });

  test('gives regions that send to each other their targets first', async () => {
    const pair = await plans({
      'eu-west-1': ['us-east-1', 'ap-southeast-2'],
      'us-east-1': ['eu-west-1'],
      'ap-southeast-2': [],
    });
    expect(deploymentSteps(pair).map(({ region, stage }) => `${region} ${stage}`)).toEqual([
      'ap-southeast-2 all',
      'eu-west-1 targets',
      'us-east-1 targets',
      'eu-west-1 all',
      'us-east-1 all',
    ]);
  });
});
