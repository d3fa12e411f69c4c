import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { LOCAL_ACCOUNT_ID } from '../../local-cloud/region-clients.ts';
import { AwsClients } from '../../src/cli/command/aws-clients.ts';
import { deployedNames } from '../../src/cli/command/deployed-names.ts';
import type { PipelineStatus } from '../../src/cli/status/status.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { ruleResourceName } from '../../src/configuration/schema/resource-names.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { ruleBetween, SETTINGS, SOURCE, TARGET, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';
import { type ResourceProvider, startResourceProvider } from '../support/rehearsal/resource-provider.ts';

const MINUTE = 60_000;
const RULE = ruleBetween('objects', 'restored', { prefix_filter: 'logs/' });
const RULE_DIMENSIONS = { SourceBucket: 'objects', SourcePrefix: 'logs/' };

let provider: ResourceProvider;
let server: AwsServer;
let clients: AwsClients;
let folder: string;
/** Another deployment, which does not exist. */
let empty: string;
let rule: string;
let queue: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'status-'));
  await writeConfiguration(folder, [RULE]);
  empty = join(folder, 'empty');
  await mkdir(empty);
  await writeConfiguration(empty, [RULE], { ...SETTINGS, stack_name: 'other' });
  provider = await startResourceProvider(() => Promise.resolve({}));
  server = await startAwsServer({ region: SOURCE, resourceProvider: provider.url });
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: server.endpoint });
  clients = new AwsClients();
  const configuration = await loadConfiguration(folder);
  rule = configuration.rules[0]?.id ?? '';
  queue = ruleResourceName('app', rule);
  for (const plan of planRegions(configuration)) {
    for (const { name, deadLetters } of deployedNames(configuration, plan).queues) {
      await clients.sqs(plan.region).send(new CreateQueueCommand({ QueueName: deadLetters }));
      await clients.sqs(plan.region).send(new CreateQueueCommand({ QueueName: name }));
    }
  }
  await makeTraffic();
}, 120_000);

afterAll(async () => {
  clients.close();
  await server.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});

/** @param minutes ago */
async function tell(
  region: string,
  Namespace: string,
  dimensions: Readonly<Record<string, string>>,
  values: readonly (readonly [name: string, minutes: number, value: number])[],
): Promise<void> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const MetricData = values.map(
    ([MetricName, minutes, Value]): MetricDatum => ({
      MetricName,
      Dimensions,
      Timestamp: new Date(Date.now() - minutes * MINUTE),
      Value,
    }),
  );
  await clients.cloudWatch(region).send(new PutMetricDataCommand({ Namespace, MetricData }));
}

/** Two archives within the hour, one from five hours ago, and one from two days ago, which never counts. */
async function makeTraffic(): Promise<void> {
  await tell(SOURCE, 'app', RULE_DIMENSIONS, [
    ...([10, 30, 300, 2880] as const).flatMap((minutes) => [
      ['ObjectsPacked', minutes, 100] as const,
      ['OriginalSize', minutes, 8_000_000] as const,
      ['CompressedSize', minutes, 2_000_000] as const,
      ['TransferSavings', minutes, 0.5] as const,
      ['NetBenefit', minutes, 0.4] as const,
    ]),
  ]);
  const route = { ...RULE_DIMENSIONS, TargetRegion: TARGET };
  await tell(SOURCE, 'app', route, [
    ['WatermarkAgeSeconds', 12, 7200],
    ['WatermarkAgeSeconds', 7, 240],
  ]);
  await tell(TARGET, 'app', route, [
    ['ObjectsProcessed', 20, 150],
    ['ObjectsProcessed', 290, 100],
  ]);
  await tell(SOURCE, 'AWS/SQS', { QueueName: queue }, [['ApproximateAgeOfOldestMessage', 3, 95]]);
  for (const [name, count] of [
    [queue, 3],
    [`${queue}-dead-letters`, 2],
    [`${queue}-backfill`, 4],
  ] as const) {
    const QueueUrl = `${server.endpoint}/${LOCAL_ACCOUNT_ID}/${name}`;
    for (let sent = 0; sent < count; sent += 1) {
      await clients.sqs(SOURCE).send(new SendMessageCommand({ QueueUrl, MessageBody: String(sent) }));
    }
    if (name === queue) await clients.sqs(SOURCE).send(new ReceiveMessageCommand({ QueueUrl }));
  }
  const Bucket = `app-${LOCAL_ACCOUNT_ID}-${SOURCE}-failed`;
  await clients
    .s3(SOURCE)
    .send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: SOURCE } }));
  await clients
    .s3(SOURCE)
    .send(new PutObjectCommand({ Bucket, Key: `failed/${rule}/20261101T000000000Z-a`, Body: 'a' }));
}

/** The real command, in a separate process. */
function s3xrc(args: readonly string[] = [], configuration = folder, more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const env = { ...accessTo(server.endpoint, SOURCE), ...more };
  return runS3xrc(['status', '--configuration', configuration, ...args], { env });
}

test('reports what CloudWatch, SQS and S3 contain for a rule', async () => {
  const { status, stdout } = await s3xrc(['--json']);
  const { rules, arrivals, unseen } = JSON.parse(stdout) as PipelineStatus;
  expect(unseen).toEqual([]);
  expect(rules).toEqual([
    {
      id: rule,
      region: SOURCE,
      bucket: 'objects',
      prefix: 'logs/',
      suffix: '',
      hour: { objects: 200, bytes: 16_000_000, archiveBytes: 4_000_000 },
      day: { objects: 300, bytes: 24_000_000, archiveBytes: 6_000_000 },
      // 3 x 0.50 saved, of which 3 x 0.40 are left.
      dollars: { saved: 1.5, spent: expect.closeTo(0.3, 9) },
      fixedDollars: expect.any(Number),
      backlog: { waiting: 2, inWork: 1, oldestSeconds: 95, deadLetters: 2 },
      backfill: 4,
      givenUp: 1,
      routes: [{ region: TARGET, watermarkSeconds: 240, objectiveSeconds: 3600, restored: { hour: 150, day: 250 } }],
    },
  ]);
  expect(arrivals).toEqual([{ region: TARGET, backlog: { waiting: 0, inWork: 0, oldestSeconds: 0, deadLetters: 0 } }]);
  // There are dead letters.
  expect(status).toBe(1);
});

test('prints plain text, without colors or truncated lines, when the output is not a terminal', async () => {
  const { stdout, stderr } = await s3xrc();
  expect(stderr).toBe('');
  expect(stdout).toContain(`s3://objects/logs/\n  eu-west-1, ${rule}\n`);
  expect(stdout).toContain('  to us-east-1    4 m behind (objective 1 h), restored 150 / 250\n');
  expect(stdout).toContain('  backlog         2 objects, oldest 1 m; 1 in progress\n');
  expect(stdout).toContain('  last hour       200 objects, 16.0 MB, 4.00 : 1\n');
  expect(stdout).toContain('  dollars, day    saved $1.50, spent $0.30000, net $1.20\n');
  expect(stdout).toContain('  given up        1 archive\n');
  expect(stdout).not.toContain('\u001b');
});

test('shows everything else if one service does not respond', async () => {
  const { stdout } = await s3xrc(['--json'], folder, { AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:9' });
  const { rules, unseen } = JSON.parse(stdout) as PipelineStatus;
  expect(unseen).toContainEqual(expect.stringMatching(/^CloudWatch in eu-west-1 did not answer: /));
  expect(rules[0]).toMatchObject({
    hour: { objects: null },
    backlog: { waiting: 2, oldestSeconds: null, deadLetters: 2 },
    givenUp: 1,
  });
});

test('prints one line for a region that is not deployed, not one per queue', async () => {
  const { stdout } = await s3xrc([], empty);
  expect(stdout).toContain(
    'Could not read 5 queues of eu-west-1, which do not exist. Is the region deployed? See s3xrc doctor.\n',
  );
});
