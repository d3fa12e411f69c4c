import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { Configuration } from '../../src/configuration/read-configuration.ts';
import { fixedCosts } from '../../src/templates/fixed-costs.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { AWS_METRICS } from '../support/aws-metrics.ts';
import { someFallback } from '../support/deployment-configuration.ts';
import { type EmittedMetric, emittedMetrics } from '../support/emitted-metrics.ts';
import { at, ofType } from '../support/invariants.ts';
import { type NamedMetric, namedMetrics } from '../support/named-metrics.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { type CreatedResource, instantiate } from '../support/templates/instantiate.ts';
import { textOf } from '../support/templates/json.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const MINUTES = 60_000;
const ADDRESSES = ['one@example.com', 'two@example.com'];

/** The resources that dimensions of AWS metrics name. */
const NAMED_RESOURCES: Readonly<Record<string, readonly [type: string, property: string]>> = {
  QueueName: ['AWS::SQS::Queue', 'QueueName'],
  FunctionName: ['AWS::Lambda::Function', 'FunctionName'],
  ServiceName: ['AWS::ECS::Service', 'ServiceName'],
  ClusterName: ['AWS::ECS::Cluster', 'ClusterName'],
  SourceBucket: ['AWS::S3::Bucket', 'BucketName'],
  DestinationBucket: ['AWS::S3::Bucket', 'BucketName'],
};

let folder: string;
let configuration: Configuration;
let emitted: EmittedMetric[];
/** By region. */
const created = new Map<string, CreatedResource[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  const { settings, replication } = someFallback();
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ ...settings, notification_emails: ADDRESSES }));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(replication));
  configuration = await loadConfiguration(folder);
  await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
  const template = await expandTemplate(join(folder, 'template.yaml'));
  for (const { region } of configuration.settings.enabled_regions) created.set(region, instantiate(template, region));
  emitted = emittedMetrics(configuration, await readFile(join(PROJECT, 'configuration/prices.json'), 'utf8'));
}, 5 * MINUTES);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function allNamed(): NamedMetric[] {
  return [...created].flatMap(([region, resources]) => namedMetrics(resources, region));
}

/** Whether the metric exists: written there by the code, or documented by AWS. */
function exists({ namespace, name, dimensions, region }: NamedMetric): boolean {
  const names = Object.keys(dimensions).toSorted().join();
  const documented = AWS_METRICS[namespace];
  if (documented !== undefined) {
    return documented.some((group) => group.dimensions.join() === names && group.names.includes(name));
  }
  return emitted.some(
    (metric) =>
      metric.namespace === namespace &&
      metric.name === name &&
      metric.region === region &&
      Object.keys(metric.dimensions).toSorted().join() === names &&
      Object.entries(dimensions).every(([key, value]) => value === undefined || metric.dimensions[key] === value),
  );
}

/** Whether the queue, function, bucket or service of a metric exists. */
function isOfSomething({ namespace, dimensions, region }: NamedMetric): boolean {
  if (AWS_METRICS[namespace] === undefined) return true;
  return Object.entries(dimensions).every(([dimension, value]) => {
    const [type, property] = NAMED_RESOURCES[dimension] ?? [];
    if (type === undefined || property === undefined || value === undefined) return true;
    // S3 publishes replication metrics in the destination's region; the source is elsewhere.
    const regions = dimension === 'SourceBucket' ? [...created.keys()] : [region];
    return regions.some((each) =>
      ofType(created.get(each) ?? [], type).some((resource) => textOf(at(resource, property) ?? '') === value),
    );
  });
}

describe('metrics that dashboards and alarms name', () => {
  test('cover every region, on dashboards and in alarms', () => {
    const named = allNamed();
    expect(new Set(named.map(({ region }) => region))).toEqual(new Set(created.keys()));
    expect(named.filter(({ where }) => where.includes('Dashboard')).length).toBeGreaterThan(50);
    expect(named.filter(({ where }) => where.includes('Alarm')).length).toBeGreaterThan(30);
  });

  test('are written by the code or documented by AWS, with this region and these dimensions', () => {
    expect(allNamed().filter((metric) => !exists(metric))).toEqual([]);
  });

  test('belong to queues, functions, buckets and services that the stacks create', () => {
    expect(allNamed().filter((metric) => !isOfSomething(metric))).toEqual([]);
  });
});

describe('the dashboard of a source region', () => {
  /** What it shows for a region, as `namespace metric resource`. */
  const shown = (from: string, of: string): string[] =>
    namedMetrics(ofType(created.get(from) ?? [], 'AWS::CloudWatch::Dashboard'), from)
      .filter(({ region }) => region === of)
      .map(({ namespace, name, dimensions }) => `${namespace} ${name} ${Object.values(dimensions).at(-1) ?? ''}`);
  const ofQueue = (queue: string): string[] => [
    `AWS/SQS ApproximateNumberOfMessagesVisible ${queue}`,
    `AWS/SQS ApproximateAgeOfOldestMessage ${queue}`,
    `AWS/SQS ApproximateNumberOfMessagesVisible ${queue}-dead-letters`,
  ];

  test.each(['us-east-1', 'ap-southeast-2'])(
    'shows what waits to be restored in %s, and its dead letters',
    (target) => {
      expect(shown('eu-west-1', target)).toEqual(expect.arrayContaining(ofQueue('compressor-target')));
    },
  );

  test.each([
    ['eu-west-1', 'us-east-1'],
    ['us-east-1', 'eu-west-1'],
  ])('in %s shows backlog, dead letters and running tasks of the fallback that %s has for arrivals', (from, to) => {
    const tasks = 'AWS/ECS CPUUtilization compressor-target-fallback';
    expect(shown(from, to)).toEqual(expect.arrayContaining([...ofQueue('compressor-target-fallback'), tasks]));
  });

  test('shows nothing about a fallback if there is none', () => {
    expect(shown('eu-west-1', 'ap-southeast-2').filter((line) => line.includes('fallback'))).toEqual([]);
  });
});

describe('metrics that the code writes', () => {
  test('have no dimensions except bucket and prefix of the rule, and the target region', () => {
    const dimensions = new Set(emitted.flatMap((metric) => Object.keys(metric.dimensions)));
    expect([...dimensions].toSorted()).toEqual(['SourceBucket', 'SourcePrefix', 'TargetRegion']);
  });

  test('include every metric of the design', () => {
    const names = new Set(emitted.map(({ name }) => name));
    for (const name of [
      'OriginalSize',
      'CompressedSize',
      'CompressionThroughput',
      'CompressionTimeSeconds',
      'ObjectProcessingTime',
      'ObjectsPacked',
      'FailedDownloads',
      'FailedUploads',
      'TransferSavings',
      'ComputeCost',
      'NetBenefit',
      'DecompressionTimeSeconds',
      'ObjectRestoreTime',
      'ObjectsProcessed',
      'FailedTargetUploads',
      'SkippedObjects',
      'ReplicationLatencySeconds',
      'WatermarkAgeSeconds',
    ]) {
      expect(names).toContain(name);
    }
  });

  test('of a target region name that region', () => {
    const restored = emitted.filter(({ name }) => name === 'ObjectsProcessed');
    expect(restored.length).toBeGreaterThan(1);
    expect(restored.filter(({ region, dimensions }) => dimensions['TargetRegion'] !== region)).toEqual([]);
  });
});

describe('alarms', () => {
  test('watch each rule’s net benefit, and its watermark in each of its regions', () => {
    const alarms = [...created.values()].flatMap((resources) => ofType(resources, 'AWS::CloudWatch::Alarm'));
    const watching = (metric: string): number => alarms.filter((alarm) => at(alarm, 'MetricName') === metric).length;
    const routes = configuration.rules.map(
      ({ destinations }) => new Set(destinations.map(({ region }) => region)).size,
    );
    expect(watching('NetBenefit')).toBe(configuration.rules.length);
    expect(watching('WatermarkAgeSeconds')).toBe(routes.reduce((sum, count) => sum + count, 0));
  });

  test('watch what scheduled verifications find, if a rule has them', () => {
    const alarms = [...created.values()].flatMap((resources) => ofType(resources, 'AWS::CloudWatch::Alarm'));
    const found = alarms.filter((alarm) => at(alarm, 'MetricName') === 'MissingObjects');
    const verified = configuration.rules.filter(({ verify }) => verify !== undefined);
    expect(verified).toHaveLength(1);
    expect(found.map((alarm) => [at(alarm, 'TreatMissingData'), at(alarm, 'Dimensions')])).toEqual(
      verified.map(({ source }) => [
        'ignore',
        [
          { Name: 'SourceBucket', Value: source.bucket },
          { Name: 'SourcePrefix', Value: '*' },
        ],
      ]),
    );
  });

  test('match the number that the plan charges for', () => {
    for (const plan of planRegions(configuration)) {
      const resources = created.get(plan.region) ?? [];
      const watched = namedMetrics(ofType(resources, 'AWS::CloudWatch::Alarm'), plan.region).length;
      const counted = fixedCosts(plan).filter(({ what }) => what.includes('alarms'));
      expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(watched);
    }
  });

  test('notify the topic that the addresses of the settings subscribe to', () => {
    for (const resources of created.values()) {
      const subscriptions = ofType(resources, 'AWS::SNS::Subscription');
      expect(subscriptions.map((each) => at(each, 'Endpoint'))).toEqual(ADDRESSES);
      expect(new Set(subscriptions.map((each) => JSON.stringify(at(each, 'TopicArn')))).size).toBe(1);
    }
  });
});
