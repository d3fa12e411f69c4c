import { expect, test } from '@jest/globals';
import { planMetrics } from '../../../../src/cli/status/plan-metrics.ts';
import { loadConfiguration } from '../../../../src/configuration/load.ts';
import { planRegions } from '../../../../src/templates/plan-regions.ts';
import { rulesBetween } from '../../../support/plans.ts';

test('reads each number from the region and namespace that has it', async () => {
  await using files = await rulesBetween({ 'eu-west-1': ['us-east-1'], 'us-east-1': [] });
  const configuration = await loadConfiguration(files.folder);
  const asked = planMetrics(configuration, planRegions(configuration));
  const rule = { SourceBucket: 'from-eu-west-1-to-us-east-1', SourcePrefix: '*' };
  const route = { ...rule, TargetRegion: 'us-east-1' };
  const places = asked
    .filter(({ span }) => span !== 'hour')
    .map(({ span, address: { region, namespace, name, dimensions } }) => [span, region, namespace, name, dimensions]);
  const packed = (name: string) => ['day', 'eu-west-1', 'compressor', name, rule];
  expect(places.filter(([, , namespace]) => namespace === 'compressor')).toEqual([
    packed('ObjectsPacked'),
    packed('OriginalSize'),
    packed('CompressedSize'),
    packed('TransferSavings'),
    packed('NetBenefit'),
    ['newest', 'eu-west-1', 'compressor', 'WatermarkAgeSeconds', route],
    ['day', 'us-east-1', 'compressor', 'ObjectsProcessed', route],
  ]);
  const queues = asked.filter(({ address }) => address.namespace === 'AWS/SQS');
  expect(queues.map(({ address }) => `${address.region} ${address.dimensions['QueueName'] ?? ''}`)).toEqual([
    expect.stringMatching(/^eu-west-1 compressor-from-eu-west-1-to-us-east-1-\w+$/),
    expect.stringMatching(/^eu-west-1 compressor-from-eu-west-1-to-us-east-1-\w+-backfill$/),
    'eu-west-1 compressor-replication-failures',
    'us-east-1 compressor-target',
  ]);
  expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
});
