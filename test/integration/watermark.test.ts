import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keyTime } from '../../src/archive/key-time.ts';
import { CloudWatchMetricReader } from '../../src/aws/cloudwatch-metric-reader.ts';
import { S3KeyLister } from '../../src/aws/s3-key-lister.ts';
import type { DeployedRule } from '../../src/configuration/rule-entry.ts';
import { type AwsServer, startAwsServer } from '../../src/local/aws-server.ts';
import { LOCAL_CREDENTIALS } from '../../src/local/region-clients.ts';
import type { StageAges } from '../../src/watermark/stage-ages.ts';
import { takeWatermarks } from '../../src/watermark/take-watermarks.ts';
import { deployedRules } from '../support/deployed-rules.ts';

const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const INBOUND = `inbound-${AWAY}`;
const NOW = Date.now();
const secondsAgo = (seconds: number): number => NOW - seconds * 1000;

/** Whatever region a request is signed for, the server keeps that region's metrics apart. */
let server: AwsServer;
let s3: S3Client;

beforeAll(async () => {
  server = await startAwsServer({ region: HOME });
  s3 = openS3(AWAY);
  for (const Bucket of [INBOUND, 'failed']) await s3.send(new CreateBucketCommand({ Bucket }));
}, 120_000);

afterAll(async () => {
  s3.destroy();
  await server.stop();
});

function openS3(region: string): S3Client {
  return new S3Client({ region, endpoint: server.endpoint, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
}

function openCloudWatch(region: string): CloudWatchClient {
  return new CloudWatchClient({ region, endpoint: server.endpoint, credentials: LOCAL_CREDENTIALS });
}

async function putMetric(
  region: string,
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  value: number,
): Promise<void> {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  await openCloudWatch(region).send(
    new PutMetricDataCommand({
      Namespace: namespace,
      MetricData: [{ MetricName: name, Dimensions, Value: value, Timestamp: new Date(secondsAgo(60)) }],
    }),
  );
}

const [rule] = deployedRules([
  { source: { region: HOME, bucket: 'documents' }, destinations: [{ region: AWAY, bucket: 'copy' }] },
]) as [DeployedRule];

async function stages(): Promise<StageAges | undefined> {
  let taken: StageAges | undefined;
  await takeWatermarks({
    region: HOME,
    rules: [rule],
    names: {
      namespace: 'stack',
      outboundBucket: 'outbound',
      failedBucket: 'failed',
      failedPrefix: 'failed/',
      failuresQueue: 'failures',
      inboundBucket: (region) => `inbound-${region}`,
      ruleQueue: (id) => id,
      fallbackQueue: (id) => `${id}-fallback`,
    },
    metrics: new CloudWatchMetricReader(openCloudWatch),
    keys: new S3KeyLister(openS3),
    telemetry: {
      watermarkTaken: (_rule, _region, _age, ages) => {
        taken = ages;
      },
      watermarkUnknown: (_rule, _region, error) => {
        throw error;
      },
    },
    now: () => NOW,
  });
  return taken;
}

test('the watermark follows what CloudWatch and S3 say of each stage', async () => {
  expect(await stages()).toEqual({ waiting: 0, replicating: 0, failing: 0, arrived: 0, givenUp: 0 });

  await putMetric(HOME, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: rule.id }, 100);
  const route = { SourceBucket: 'outbound', DestinationBucket: INBOUND, RuleId: `${rule.id}-${AWAY}` };
  await putMetric(AWAY, 'AWS/S3', 'ReplicationLatency', route, 200);
  const dimensions = { SourceBucket: 'documents', SourcePrefix: '*' };
  await putMetric(HOME, 'stack', 'PackingDelaySeconds', dimensions, 1000);
  const waiting = await stages();
  // A reading is of the beginning of its minute, so it has aged by one to two.
  expect(waiting?.waiting).toBeGreaterThanOrEqual(100 + 60);
  expect(waiting?.waiting).toBeLessThanOrEqual(100 + 120);
  expect(waiting?.replicating).toBeGreaterThanOrEqual(200 + 60 + 1000);
  expect(waiting?.replicating).toBeLessThanOrEqual(200 + 120 + 1000);

  const names = [5000, 70, 300].map((age) => `${rule.id}/${keyTime(secondsAgo(age))}-0123.tar.zst`);
  for (const Key of names) await s3.send(new PutObjectCommand({ Bucket: INBOUND, Key, Body: '' }));
  const other = { Bucket: 'failed', Body: '', Key: `failed/another-rule/${keyTime(secondsAgo(9000))}-0123.tar.zst` };
  await s3.send(new PutObjectCommand(other));
  expect(await stages()).toMatchObject({ arrived: 5000, givenUp: 0 });

  await s3.send(new DeleteObjectCommand({ Bucket: INBOUND, Key: names[0] }));
  expect(await stages()).toMatchObject({ arrived: 300 });
}, 60_000);

test('a bucket that is not there is an error with its name', async () => {
  const lister = new S3KeyLister(openS3);
  await expect(lister.firstKey({ region: AWAY, bucket: 'nowhere', prefix: '' })).rejects.toMatchObject({
    code: 'WATERMARK_UNKNOWN',
    message: expect.stringContaining('nowhere'),
  });
});
