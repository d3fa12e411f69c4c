import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { MetricStore } from '../../local-cloud/metrics/metric-store.ts';
import { LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { formatKeyTime } from '../../src/archive/key-time.ts';
import { CloudWatchMetricReader } from '../../src/aws/cloudwatch/metric-reader.ts';
import { S3KeyLister } from '../../src/aws/s3/key-lister.ts';
import { RegionalConnections } from '../../src/aws/s3/regional-connections.ts';
import { S3ReplicationStatusReader } from '../../src/aws/s3/replication-status-reader.ts';
import { PowertoolsPackingTelemetry } from '../../src/aws/telemetry/packing.ts';
import { PowertoolsWorkerTelemetry } from '../../src/aws/telemetry/worker.ts';
import type { DeployedRule } from '../../src/configuration/deployed-rule.ts';
import { reportWatermarks } from '../../src/watermark/report-watermarks.ts';
import type { StageAges } from '../../src/watermark/stage-ages.ts';
import { WatchedArchives } from '../../src/watermark/watched-archives.ts';
import { captureLines } from '../support/captured-lines.ts';
import { deployedRules } from '../support/deployed-rules.ts';
import { queueMessage, s3Notification } from '../support/notifications.ts';
import { WorkerBench } from '../support/worker-bench.ts';

const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const INBOUND = `inbound-${AWAY}`;
const NOW = Date.now();
const secondsAgo = (seconds: number): number => NOW - seconds * 1000;

const PACKED = {
  ...{ bucket: 'outbound', key: 'a.tar.zst', objects: 1, originalBytes: 2, archiveBytes: 1 },
  ...{ levels: [], cpuSeconds: 1, seconds: 1, largeReads: 0, largeWrites: 0, looks: 0 },
};
const lines = captureLines();
const unreplicated: string[] = [];

/** The server keeps separate metrics for each region that requests are signed for. */
let server: AwsServer;
let s3: S3Client;
let connections: RegionalConnections;

beforeAll(async () => {
  server = await startAwsServer({ region: HOME });
  s3 = openS3(AWAY);
  connections = new RegionalConnections(openS3);
  for (const Bucket of [INBOUND, 'failed', 'outbound']) await s3.send(new CreateBucketCommand({ Bucket }));
}, 120_000);

afterAll(async () => {
  s3.destroy();
  await connections.close();
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

const [rule, withFallback] = deployedRules([
  { source: { region: HOME, bucket: 'documents' }, destinations: [{ region: AWAY, bucket: 'copy' }] },
  {
    source: { region: HOME, bucket: 'films', suffix_filter: '.mov', fallback: true },
    destinations: [{ region: AWAY, bucket: 'copy-of-films' }],
  },
]) as [DeployedRule, DeployedRule];

async function stages(of = rule, now = NOW): Promise<StageAges | undefined> {
  let taken: StageAges | undefined;
  await reportWatermarks([of], () => 240_000, {
    region: HOME,
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
    keys: new S3KeyLister(connections.of),
    statuses: new S3ReplicationStatusReader(connections.of),
    watched: new WatchedArchives(),
    telemetry: {
      archiveUnreplicated: (_rule, { bucket, key }, status) => {
        unreplicated.push(`s3://${bucket}/${key} ${status}`);
      },
      watermarkTaken: (_rule, _region, _age, ages) => {
        taken = ages;
      },
      watermarkUnknown: (_rule, _region, error) => {
        throw error;
      },
    },
    now: () => now,
  });
  return taken;
}

test('the watermark follows what CloudWatch and S3 say about each stage', async () => {
  expect(await stages()).toEqual({ waiting: 0, replicating: 0, failing: 0, arrived: 0, givenUp: 0 });

  await putMetric(HOME, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName: rule.id }, 100);
  const route = { SourceBucket: 'outbound', DestinationBucket: INBOUND, RuleId: `${rule.id}-${AWAY}` };
  await putMetric(AWAY, 'AWS/S3', 'ReplicationLatency', route, 200);
  const dimensions = { SourceBucket: 'documents', SourcePrefix: '*' };
  await putMetric(HOME, 'stack', 'PackingDelaySeconds', dimensions, 1000);
  const waiting = await stages();
  // A reading belongs to the start of its minute, so it is one to two minutes old.
  expect(waiting?.waiting).toBeGreaterThanOrEqual(100 + 60);
  expect(waiting?.waiting).toBeLessThanOrEqual(100 + 120);
  expect(waiting?.replicating).toBeGreaterThanOrEqual(200 + 60 + 1000);
  expect(waiting?.replicating).toBeLessThanOrEqual(200 + 120 + 1000);

  const names = [5000, 70, 300].map((age) => `${rule.id}/${formatKeyTime(secondsAgo(age))}-0123.tar.zst`);
  for (const Key of names) await s3.send(new PutObjectCommand({ Bucket: INBOUND, Key, Body: 'archive' }));
  const other = {
    Bucket: 'failed',
    Body: 'archive',
    Key: `failed/another-rule/${formatKeyTime(secondsAgo(9000))}-0123.tar.zst`,
  };
  await s3.send(new PutObjectCommand(other));
  expect(await stages()).toMatchObject({ arrived: 5000, givenUp: 0 });

  await s3.send(new DeleteObjectCommand({ Bucket: INBOUND, Key: names[0] }));
  expect(await stages()).toMatchObject({ arrived: 300 });
}, 60_000);

/** Passes the metrics that a function or task logs while `write` runs to CloudWatch. */
async function publish(write: () => unknown): Promise<void> {
  lines.length = 0;
  await write();
  const store = new MetricStore();
  for (const line of lines) store.read(JSON.stringify(line));
  for (const { namespace, name, dimensions } of store.metrics()) {
    const { maximum } = store.statistics(name, Object.keys(dimensions), dimensions);
    await putMetric(HOME, namespace, name, dimensions, maximum ?? 0);
  }
}

test('metrics of functions and tasks count for work that neither the queues nor S3 report', async () => {
  const source = new PowertoolsPackingTelemetry({ namespace: 'stack', rule: withFallback });
  const packs = { namespace: 'stack', rule: withFallback };
  const worker = new PowertoolsWorkerTelemetry({ role: 'source', packs, now: () => NOW });
  const written = (ago: number) => new Date(secondsAgo(ago)).toISOString();
  const message = (ago: number) => queueMessage(s3Notification({ key: 'a.mov', eventTime: written(ago) }), 3);
  const near = async (stage: keyof StageAges, age: number): Promise<void> => {
    const seconds = (await stages(withFallback))?.[stage];
    expect(seconds).toBeGreaterThanOrEqual(age + 60);
    expect(seconds).toBeLessThanOrEqual(age + 120);
  };
  expect(await stages(withFallback)).toMatchObject({ waiting: 0, replicating: 0 });

  await publish(() => {
    source.objectsDeferred(1, 600, 'fallback');
    source.flush();
  });
  await near('waiting', 600);

  await publish(() => {
    worker.workHeld(message(7200));
  });
  await near('waiting', 7200);

  await publish(() => {
    source.messagesReturned(9000);
    source.flush();
  });
  await near('waiting', 9000);

  await publish(() => {
    source.archivePacked({ ...PACKED, rule: withFallback.id, delaySeconds: 10_000 });
    source.flush();
  });
  await near('replicating', 10_000);
}, 60_000);

test('a resent archive that was previously given up keeps its age until S3 should have replicated it', async () => {
  const Key = `${withFallback.id}/${formatKeyTime(secondsAgo(400_000))}-0123.tar.zst`;
  await s3.send(new PutObjectCommand({ Bucket: 'outbound', Key, Body: 'archive' }));
  expect((await stages(withFallback))?.replicating).toBe(400_000);
  expect(unreplicated).toEqual([]);
  // The server has no replication, so the archive has no status: an hour later that is reported.
  expect(await stages(withFallback, NOW + 3_600_000)).toMatchObject({ replicating: 0, failing: 403_600 });
  expect(unreplicated).toEqual([`s3://outbound/${Key} none`]);
  await s3.send(new DeleteObjectCommand({ Bucket: 'outbound', Key }));
}, 60_000);

test('a message that a task requeues after its last poll keeps the age of its object', async () => {
  const packs = { namespace: 'stack', rule: withFallback };
  const telemetry = new PowertoolsWorkerTelemetry({ role: 'source', packs, now: () => NOW });
  const bench = new WorkerBench();
  bench.source.waiting.push(
    queueMessage(s3Notification({ key: 'a.mov', eventTime: new Date(secondsAgo(50_000)).toISOString() })),
  );
  bench.source.onHandOut = () => {
    bench.stop();
  };
  await publish(() => bench.run([() => Promise.resolve({ batchItemFailures: [] })], { telemetry }));
  expect(bench.queue.again).toHaveLength(1);

  // SQS reports it as one minute old.
  const queue = { QueueName: `${withFallback.id}-fallback` };
  await putMetric(HOME, 'AWS/SQS', 'ApproximateAgeOfOldestMessage', queue, 60);
  expect((await stages(withFallback))?.waiting).toBeGreaterThanOrEqual(50_000);
}, 60_000);

test('a bucket that does not exist causes an error with its name', async () => {
  const lister = new S3KeyLister(connections.of);
  await expect(lister.firstKeys({ region: AWAY, bucket: 'nowhere', prefix: '' }, 1)).rejects.toMatchObject({
    code: 'WATERMARK_UNKNOWN',
    message: expect.stringContaining('nowhere'),
  });
});
