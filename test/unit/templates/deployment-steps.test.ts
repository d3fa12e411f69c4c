import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../src/configuration/load.ts';
import {
  type DeployedRegion,
  deploymentSteps,
  orderDeployment,
  removalOrder,
} from '../../../src/templates/deployment-steps.ts';
import { planRegions, type RegionPlan } from '../../../src/templates/plan-regions.ts';
import { rulesBetween } from '../../support/plans.ts';

const plans = async (routes: Readonly<Record<string, readonly string[]>>): Promise<RegionPlan[]> => {
  await using configuration = await rulesBetween(routes);
  return planRegions(await loadConfiguration(configuration.folder));
};

describe('deploymentSteps', () => {
  test('puts every region after those that it sends to', async () => {
    const chain = await plans({ 'eu-west-1': ['us-east-1'], 'us-east-1': ['ap-southeast-2'], 'ap-southeast-2': [] });
    expect(deploymentSteps(chain)).toEqual([
      { region: 'ap-southeast-2', stage: 'all' },
      { region: 'us-east-1', stage: 'all' },
      { region: 'eu-west-1', stage: 'all' },
    ]);
    expect(removalOrder(chain)).toEqual(['eu-west-1', 'us-east-1', 'ap-southeast-2']);
  });

  test('deploys the targets first in regions that send to each other', async () => {
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

describe('a region that sends to a ring and is in no ring', () => {
  test('is deployed once, after the targets of the ring', async () => {
    const ring = await plans({
      'eu-central-1': ['eu-west-1'],
      'eu-west-1': ['us-east-1'],
      'us-east-1': ['eu-west-1'],
    });
    expect(deploymentSteps(ring).map(({ region, stage }) => `${region} ${stage}`)).toEqual([
      'eu-west-1 targets',
      'us-east-1 targets',
      'eu-central-1 all',
      'eu-west-1 all',
      'us-east-1 all',
    ]);
  });

  test('is also deployed once between two rings', async () => {
    const rings = await plans({
      'eu-west-1': ['us-east-1', 'eu-central-1'],
      'us-east-1': ['eu-west-1'],
      'eu-central-1': ['ap-southeast-2'],
      'ap-southeast-2': ['ap-southeast-1'],
      'ap-southeast-1': ['ap-southeast-2'],
    });
    const steps = deploymentSteps(rings).map(({ region, stage }) => `${region} ${stage}`);
    expect(steps.filter((step) => step.startsWith('eu-central-1'))).toEqual(['eu-central-1 all']);
    expect(new Set(steps).size).toBe(9);
  });
});

describe('the order of regions that send to each other', () => {
  const [WEST, EAST] = ['eu-west-1', 'us-east-1'];
  const whole = { stage: 'all', isReceiving: true } as const;
  const sendsOnly = { stage: 'all', isReceiving: false } as const;
  const targetsOnly = { stage: 'targets', isReceiving: true } as const;

  async function order(deployed: Readonly<Record<string, DeployedRegion>>): Promise<object> {
    const pair = await plans({ 'eu-west-1': ['us-east-1'], 'us-east-1': ['eu-west-1'] });
    const { steps, blocked } = orderDeployment(pair, new Map(Object.entries(deployed)));
    return {
      steps: steps.map(({ region, stage }) => `${region} ${stage}`),
      blocked: blocked.map(({ region }) => region),
    };
  }

  test.each<readonly [string, Readonly<Record<string, DeployedRegion>>, readonly string[]]>([
    ['needs no first round if both receive', { [WEST]: whole, [EAST]: whole }, ['eu-west-1 all', 'us-east-1 all']],
    [
      'begins where targets exist, and never removes what sends',
      { [WEST]: sendsOnly, [EAST]: whole },
      ['eu-west-1 all', 'us-east-1 all'],
    ],
    ['does the same the other way round', { [WEST]: whole, [EAST]: sendsOnly }, ['us-east-1 all', 'eu-west-1 all']],
    [
      'first gives targets only to a new region',
      { [WEST]: sendsOnly },
      ['us-east-1 targets', 'eu-west-1 all', 'us-east-1 all'],
    ],
    [
      'repeats a first round that stopped',
      { [WEST]: targetsOnly },
      ['eu-west-1 targets', 'us-east-1 targets', 'eu-west-1 all', 'us-east-1 all'],
    ],
  ])('%s', async (_, deployed, steps) => {
    expect(await order(deployed)).toEqual({ steps, blocked: [] });
  });

  test('does not exist if both stacks are complete and neither receives', async () => {
    expect(await order({ [WEST]: sendsOnly, [EAST]: sendsOnly })).toEqual({ steps: [], blocked: [WEST, EAST] });
  });
});
