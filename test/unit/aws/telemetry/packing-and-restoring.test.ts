import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { MetricStore } from '../../../../local-cloud/metrics/metric-store.ts';
import { functionDollarsPerVcpuSecond } from '../../../../src/adaptive/compute-price.ts';
import { ruleCosts } from '../../../../src/adaptive/cost-model.ts';
import type { LevelShare } from '../../../../src/adaptive/level-policy.ts';
import { PowertoolsPackingTelemetry } from '../../../../src/aws/telemetry/packing.ts';
import { PowertoolsRestoringTelemetry } from '../../../../src/aws/telemetry/restoring.ts';
import type { Prices } from '../../../../src/configuration/prices/prices.ts';
import type { ReplicationRule } from '../../../../src/configuration/rule.ts';
import { STORE_LEVEL } from '../../../../src/configuration/schema/levels.ts';
import type { FailureFate } from '../../../../src/messages/settle-batch.ts';
import { LATENCY_ERROR, LatencyDistribution } from '../../../../src/restoring/latency-distribution.ts';
import { AccessDeniedError, UnavailableStorageError } from '../../../../src/storage/errors.ts';
import { captureLines, type Line } from '../../../support/captured-lines.ts';

const lines = captureLines();

const rule: ReplicationRule = {
  id: 'logs',
  source: {
    region: 'eu-west-1',
    bucket: 'source-bucket',
    prefix: '',
    suffix: '',
    levels: [],
    maxArchiveBytes: 1,
    maxObjectBytes: 1,
    chain: false,
  },
  destinations: [],
};
const fanOut: ReplicationRule = {
  ...rule,
  destinations: [
    { region: 'us-east-1', bucket: 'copy-us', onConflict: 'overwrite' },
    { region: 'ap-southeast-2', bucket: 'copy-ap', onConflict: 'overwrite' },
  ],
};
const PRICES: Prices = {
  lambda_gb_second: 0.0000133334,
  lambda_request: 0.0000002,
  s3_put_request: 0.000005,
  s3_get_request: 0.0000004,
  s3_storage_gb_month: 0.023,
  sqs_request: 0.0000004,
  kms_request: 0.000003,
  dynamodb_write: 0.000000625,
  fargate_vcpu_hour: 0.03238,
  fargate_gb_hour: 0.00356,
  transfer_gb: { 'us-east-1': 0.02, 'ap-southeast-2': 0.09 },
  date: '2026-11-23',
  source: 'test',
};
const VCPU_SECOND = functionDollarsPerVcpuSecond(PRICES);
const BILLED_SECOND = 5e-5;
const share = { bytes: 1, compressedBytes: 1, cpuSeconds: 0 };
const LEVELS: readonly LevelShare[] = [
  { ...share, content: 'text', level: 12, reason: 'cheapest', frames: 3 },
  { ...share, content: 'packed', level: STORE_LEVEL, reason: 'tried', frames: 1 },
];
/** An archive that is larger than its objects. */
const SMALL = { largeReads: 0, largeWrites: 0, looks: 0 };
const GROWN = {
  rule: 'logs',
  bucket: 'out',
  key: 'k',
  objects: 1,
  ...SMALL,
  levels: LEVELS,
  seconds: 2,
  delaySeconds: 30,
  originalBytes: 10,
  archiveBytes: 2000,
  cpuSeconds: 0,
};
const partly = { rule: 'logs', bucket: 'in', key: 'logs/a.tar.zst', restored: 3, overwritten: 0, skipped: 0 };
const message = { messageId: 'm1', receiptHandle: 'r', body: '', receiveCount: 2 };
const latencies = (...seconds: readonly number[]): LatencyDistribution => {
  const distribution = new LatencyDistribution();
  for (const latency of seconds) distribution.add(latency);
  return distribution;
};
const readMetrics = (): MetricStore => {
  const store = new MetricStore();
  for (const line of lines) store.read(JSON.stringify(line));
  return store;
};
const metricLines = (): Line[] => lines.filter((line) => '_aws' in line);
const logLines = (): Line[] => lines.filter((line) => !('_aws' in line));
const dimensionsOf = (line: Line | undefined): unknown =>
  (line?.['_aws'] as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] } | undefined)
    ?.CloudWatchMetrics[0];

it('measures archives of the source by bucket and prefix only', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  const archive = { rule: 'logs', bucket: 'out', key: 'logs/a.tar.zst', objects: 4, levels: LEVELS, ...SMALL };
  telemetry.archivePacked({
    ...archive,
    originalBytes: 1000,
    archiveBytes: 250,
    cpuSeconds: 0.5,
    seconds: 2,
    delaySeconds: 30,
  });
  telemetry.objectSkipped({ bucket: 'b', key: 'k' }, 'gone');
  telemetry.flush();
  for (const line of metricLines()) {
    expect(dimensionsOf(line)).toMatchObject({ Namespace: 'stack', Dimensions: [['SourceBucket', 'SourcePrefix']] });
  }
  expect(metricLines()[0]).toMatchObject({
    SourceBucket: 'source-bucket',
    SourcePrefix: '*',
    OriginalSize: 1000,
    CompressedSize: 250,
    CompressionThroughput: 500,
    CompressionTimeSeconds: 0.5,
    ObjectProcessingTime: 0.5,
    ObjectsPacked: 4,
    SkippedObjects: 1,
  });
});

it('logs each archive in one line, with its zstd levels and the reason for them', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  const archive = { rule: 'logs', bucket: 'out', key: 'logs/a.tar.zst', objects: 4, levels: LEVELS, ...SMALL };
  telemetry.archivePacked({
    ...archive,
    originalBytes: 1000,
    archiveBytes: 250,
    cpuSeconds: 0.5,
    seconds: 2,
    delaySeconds: 30,
  });
  expect(logLines()).toMatchObject([
    {
      level: 'INFO',
      archive: 'logs/a.tar.zst',
      zstd_levels: 'text 12 (cheapest, 3 frames), packed store (tried, 1 frame)',
    },
  ]);
});

it('says that an archive grew, and leaves out ratios that it cannot calculate', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  const archive = {
    rule: 'logs',
    bucket: 'out',
    key: 'k',
    objects: 1,
    ...SMALL,
    levels: [],
    cpuSeconds: 0,
    seconds: 0,
    delaySeconds: 0,
  };
  telemetry.archivePacked({ ...archive, originalBytes: 0, archiveBytes: 100 });
  telemetry.flush();
  const [line] = metricLines();
  expect(line).toMatchObject({ OriginalSize: 0, CompressedSize: 100 });
  expect(line).not.toHaveProperty('CompressionThroughput');
});

it('counts failures by what failed, and logs them with code, context and cause', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  const cause = new Error('ECONNRESET');
  telemetry.messageFailed(
    message,
    new AccessDeniedError('no', { context: { operation: 'GetObject', key: 'k' }, cause }),
    'retried',
  );
  telemetry.messageFailed(
    message,
    new UnavailableStorageError('no', { context: { operation: 'UploadPart' } }),
    'retried',
  );
  telemetry.flush();
  expect(metricLines()[0]).toMatchObject({ FailedDownloads: 1, FailedUploads: 1 });
  expect(logLines()[0]).toMatchObject({
    level: 'ERROR',
    rule: 'logs',
    message_id: 'm1',
    receive_count: 2,
    error: { code: 'STORAGE_ACCESS_DENIED', context: { key: 'k' }, cause: { message: 'ECONNRESET' } },
  });
});

it.each<[FailureFate, string, string]>([
  ['retried', 'ERROR', 'Message failed and is retried'],
  ['dead-lettered', 'ERROR', 'Message dead-lettered'],
  ['returned', 'ERROR', 'Message failed, but the next queue did not accept it: it will be received again'],
  ['fallback', 'INFO', 'Message handed to the fallback'],
])('logs what the queue decided about a message: %s', (fate, level, text) => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.messageFailed(message, new UnavailableStorageError('no'), fate);
  expect(logLines()).toEqual([expect.objectContaining({ level, message: text })]);
});

it('lets the query of the runbook find each dead letter once, and nothing else', async () => {
  const runbook = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
  const filter = /--since 14d .*\$\.message = "([^"]+)"/.exec(runbook)?.[1];
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  const error = new UnavailableStorageError('no');
  for (const fate of ['retried', 'dead-lettered', 'returned', 'fallback'] as const) {
    telemetry.messageFailed(message, error, fate);
  }
  telemetry.queueFailed(error);
  expect(logLines().filter((line) => line['message'] === filter)).toHaveLength(1);
});

it('writes no metrics for a batch that has none', () => {
  new PowertoolsPackingTelemetry({ namespace: 'stack', rule }).flush();
  expect(lines).toEqual([]);
});

it('gives the lines of each batch their own id', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.queueFailed(new UnavailableStorageError('1'));
  telemetry.queueFailed(new UnavailableStorageError('2'));
  telemetry.flush();
  telemetry.queueFailed(new UnavailableStorageError('3'));
  const ids = logLines().map((line) => line['batch_id']);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[0]);
});

it('measures archives of the target by rule and region', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  telemetry.archiveRestored({
    rule: 'logs',
    bucket: 'in',
    key: 'logs/a.tar.zst',
    objects: 4,
    restored: 3,
    overwritten: 2,
    skipped: 1,
    bytes: 1000,
    archiveBytes: 250,
    decompressionCpuSeconds: 0.25,
    seconds: 2,
    latency: latencies(12, 12, 40),
  });
  telemetry.flush(3);
  expect(dimensionsOf(metricLines()[0])).toMatchObject({
    Dimensions: [['SourceBucket', 'SourcePrefix', 'TargetRegion']],
  });
  expect(metricLines()[0]).toMatchObject({
    TargetRegion: 'us-east-1',
    DecompressionTimeSeconds: 0.25,
    ObjectRestoreTime: 0.5,
    ObjectsProcessed: 3,
    Overwritten: 2,
    SkippedObjects: 1,
    ComputeCost: 3 * BILLED_SECOND,
  });
});

it('bills the time of a batch once, although its archives are restored concurrently', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule, { ...rule, id: 'others', source: { ...rule.source, prefix: 'others/' } }],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  const archive = {
    bucket: 'in',
    key: 'a',
    objects: 1,
    restored: 1,
    overwritten: 0,
    skipped: 0,
    bytes: 1,
    archiveBytes: 1,
  };
  const counted = { ...archive, decompressionCpuSeconds: 0, latency: latencies(1) };
  telemetry.archiveRestored({ ...counted, rule: 'logs', seconds: 9 });
  telemetry.archiveRestored({ ...counted, rule: 'others', seconds: 3 });
  telemetry.flush(10);
  const costOf = (prefix: string): unknown =>
    metricLines().find((line) => line['SourcePrefix'] === prefix && 'ComputeCost' in line)?.['ComputeCost'];
  expect(costOf('*')).toBeCloseTo(7.5 * BILLED_SECOND, 12);
  expect(costOf('others/')).toBeCloseTo(2.5 * BILLED_SECOND, 12);
});

it('logs the latency of each object in a separate line', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  telemetry.archivePartlyRestored({ ...partly, latency: latencies(12, 12, 40) });
  telemetry.archivePartlyRestored({ ...partly, latency: latencies(12) });
  telemetry.flush(3);
  const store = readMetrics();
  const latency = store.statistics('ReplicationLatencySeconds', ['SourceBucket', 'SourcePrefix', 'TargetRegion']);
  expect(latency.count).toBe(4);
  expect(latency.percentile(75)).toBe(12);
  expect(latency.maximum).toBeCloseTo(40, -1);
  expect(store.statistics('ObjectsProcessed', ['SourceBucket', 'SourcePrefix', 'TargetRegion']).sum).toBe(6);
});

it('splits the latencies of very many objects into lines of 100 values', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  const seconds = Array.from({ length: 20_000 }, (_, index) => 1.0005 ** index);
  telemetry.archivePartlyRestored({ ...partly, latency: latencies(...seconds) });
  telemetry.flush(3);
  const latency = readMetrics().statistics('ReplicationLatencySeconds', [
    'SourceBucket',
    'SourcePrefix',
    'TargetRegion',
  ]);
  expect(latency.count).toBe(20_000);
  const median = 1.0005 ** 10_000;
  expect(Math.abs((latency.percentile(50) ?? 0) - median)).toBeLessThan(LATENCY_ERROR * median);
});

it('logs in dollars what an archive saved and cost', () => {
  const telemetry = new PowertoolsPackingTelemetry({
    namespace: 'stack',
    rule: fanOut,
    costs: ruleCosts(fanOut, PRICES),
  });
  const archive = {
    rule: 'logs',
    bucket: 'out',
    key: 'k',
    objects: 4,
    ...SMALL,
    levels: LEVELS,
    seconds: 2,
    delaySeconds: 30,
  };
  telemetry.archivePacked({ ...archive, originalBytes: 3 * 2 ** 30, archiveBytes: 2 ** 30, cpuSeconds: 10 });
  telemetry.flush();
  const store = readMetrics();
  const sum = (name: string): number => store.statistics(name, ['SourceBucket', 'SourcePrefix']).sum;
  // 2 GB less to each of two regions, at 0.02 and 0.09 USD per GB of 2^30 bytes.
  expect(sum('TransferSavings')).toBeCloseTo(2 * 0.02 + 2 * 0.09, 12);
  expect(sum('ComputeCost')).toBeGreaterThan(10 * VCPU_SECOND);
  expect(sum('NetBenefit')).toBeLessThan(sum('TransferSavings') - sum('ComputeCost'));
  expect(logLines()[0]).toMatchObject({ ratio: 3, transfer_savings_dollars: sum('TransferSavings') });
});

it('logs a loss as a loss', () => {
  const telemetry = new PowertoolsPackingTelemetry({
    namespace: 'stack',
    rule: fanOut,
    costs: ruleCosts(fanOut, PRICES),
  });
  telemetry.archivePacked(GROWN);
  telemetry.flush();
  expect(metricLines()[0]).toMatchObject({ TransferSavings: expect.closeTo((-1990 / 2 ** 30) * 0.11, 12) });
  expect(Number(metricLines()[0]?.['NetBenefit'])).toBeLessThan(0);
});

it('logs no dollars without prices', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.archivePacked(GROWN);
  telemetry.flush();
  for (const name of ['TransferSavings', 'ComputeCost', 'NetBenefit']) {
    expect(metricLines()[0]).not.toHaveProperty(name);
  }
});

it('logs the level of each frame, and a stored frame below all levels', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.archivePacked(GROWN);
  telemetry.flush();
  const levels = readMetrics().statistics('CompressionLevel', ['SourceBucket', 'SourcePrefix']);
  expect(levels.count).toBe(4);
  expect([25, 26].map((percent) => levels.percentile(percent))).toEqual([-8, 12]);
});

it('counts lost statistics', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.statisticsLost(new UnavailableStorageError('DynamoDB does not answer'));
  telemetry.flush();
  expect(readMetrics().statistics('StatisticsLost', ['SourceBucket', 'SourcePrefix']).sum).toBe(1);
  expect(logLines()[0]).toMatchObject({ level: 'WARN', error: { message: 'DynamoDB does not answer' } });
});

it('logs how long requeued objects have waited', () => {
  const telemetry = new PowertoolsPackingTelemetry({ namespace: 'stack', rule });
  telemetry.objectsDeferred(3, 100, 'queue');
  telemetry.objectsDeferred(2, 40, 'fallback');
  telemetry.messagesReturned(70);
  telemetry.flush();
  const store = readMetrics();
  expect(store.statistics('ObjectsDeferred', ['SourceBucket', 'SourcePrefix']).sum).toBe(5);
  const oldest = (name: string) => store.statistics(name, ['SourceBucket', 'SourcePrefix']).maximum;
  expect(oldest('DeferredAgeSeconds')).toBe(100);
  expect(oldest('FallbackAgeSeconds')).toBe(40);
  expect(oldest('RetriedAgeSeconds')).toBe(70);
});

it('an unordered skip is a warning and a metric; other skips are neither', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  telemetry.objectSkipped({ bucket: 'b', key: 'k' }, 'unordered');
  telemetry.objectSkipped({ bucket: 'b', key: 'k' }, 'replay');
  telemetry.flush(3);
  expect(metricLines()).toMatchObject([{ TargetRegion: 'us-east-1', UnorderedSkips: 1 }]);
  expect(logLines()).toMatchObject([{ level: 'WARN', bucket: 'b', key: 'k', reason: 'unordered' }]);
});

it('counts faults of the region under the region', () => {
  const telemetry = new PowertoolsRestoringTelemetry({
    namespace: 'stack',
    rules: [rule],
    region: 'us-east-1',
    dollarsPerSecond: BILLED_SECOND,
  });
  telemetry.objectFailed({ bucket: 'b', key: 'k' }, new AccessDeniedError('no'));
  telemetry.conflictOverwritten({ bucket: 'b', key: 'k' });
  telemetry.flush(3);
  expect(metricLines()).toHaveLength(1);
  expect(metricLines()[0]).toMatchObject({ TargetRegion: 'us-east-1', FailedTargetUploads: 1, OverwrittenObjects: 1 });
  expect(logLines().map((line) => line['level'])).toEqual(['ERROR', 'WARN']);
});
