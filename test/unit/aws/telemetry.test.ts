import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PowertoolsSourceTelemetry, PowertoolsTargetTelemetry } from '../../../src/aws/telemetry.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import { AccessDeniedError, StorageUnavailableError } from '../../../src/storage/errors.ts';

type Line = Readonly<Record<string, unknown>>;

const lines: Line[] = [];
const write = process.stdout.write.bind(process.stdout);
const writeError = process.stderr.write.bind(process.stderr);

beforeEach(() => {
  lines.length = 0;
  const capture = (text: string | Uint8Array): boolean => {
    for (const line of String(text).split('\n').filter(Boolean)) lines.push(JSON.parse(line) as Line);
    return true;
  };
  process.stdout.write = capture;
  process.stderr.write = capture;
});
afterEach(() => {
  process.stdout.write = write;
  process.stderr.write = writeError;
});

const rule: ReplicationRule = {
  id: 'logs',
  source: {
    region: 'eu-west-1',
    bucket: 'source-bucket',
    prefix: '',
    suffix: '',
    level: 3,
    maxArchiveBytes: 1,
    maxObjectBytes: 1,
    chain: false,
  },
  destinations: [],
};
const message = { messageId: 'm1', receiptHandle: 'r', body: '', receiveCount: 2 };
const metricLines = (): Line[] => lines.filter((line) => '_aws' in line);
const logLines = (): Line[] => lines.filter((line) => !('_aws' in line));
const dimensionsOf = (line: Line | undefined): unknown =>
  (line?.['_aws'] as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] } | undefined)
    ?.CloudWatchMetrics[0];

it('measures archives of the source by bucket and prefix only', () => {
  const telemetry = new PowertoolsSourceTelemetry({ namespace: 'stack', rule });
  const archive = { rule: 'logs', bucket: 'out', key: 'logs/a.tar.zst', objects: 4, level: 3 };
  telemetry.archivePacked({ ...archive, originalBytes: 1000, archiveBytes: 250, cpuSeconds: 0.5, seconds: 2 });
  telemetry.objectSkipped({ bucket: 'b', key: 'k' }, 'gone');
  telemetry.flush();
  expect(metricLines()).toHaveLength(1);
  expect(dimensionsOf(metricLines()[0])).toMatchObject({
    Namespace: 'stack',
    Dimensions: [['SourceBucket', 'SourcePrefix']],
  });
  expect(metricLines()[0]).toMatchObject({
    SourceBucket: 'source-bucket',
    SourcePrefix: '*',
    CompressionRatio: 4,
    OriginalSize: 1000,
    CompressedSize: 250,
    BytesSaved: 750,
    TransferEfficiency: 75,
    CompressionThroughput: 500,
    CompressionTimeSeconds: 0.5,
    ObjectProcessingTime: 0.5,
    ObjectsPacked: 4,
    SkippedObjects: 1,
  });
});

it('logs each archive with its zstd level, as one line', () => {
  const telemetry = new PowertoolsSourceTelemetry({ namespace: 'stack', rule });
  const archive = { rule: 'logs', bucket: 'out', key: 'logs/a.tar.zst', objects: 4, level: 3 };
  telemetry.archivePacked({ ...archive, originalBytes: 1000, archiveBytes: 250, cpuSeconds: 0.5, seconds: 2 });
  expect(logLines()).toMatchObject([{ level: 'INFO', archive: 'logs/a.tar.zst', zstd_level: 3 }]);
});

it('says that an archive grew, and leaves out what cannot be divided', () => {
  const telemetry = new PowertoolsSourceTelemetry({ namespace: 'stack', rule });
  const archive = { rule: 'logs', bucket: 'out', key: 'k', objects: 1, level: 3, cpuSeconds: 0, seconds: 0 };
  telemetry.archivePacked({ ...archive, originalBytes: 0, archiveBytes: 100 });
  telemetry.flush();
  const [line] = metricLines();
  expect(line).toMatchObject({ BytesSaved: -100, CompressionRatio: 0 });
  expect(line).not.toHaveProperty('TransferEfficiency');
  expect(line).not.toHaveProperty('CompressionThroughput');
});

it('counts failures by what failed, and logs them with code, context and cause', () => {
  const telemetry = new PowertoolsSourceTelemetry({ namespace: 'stack', rule });
  const cause = new Error('ECONNRESET');
  telemetry.messageFailed(
    message,
    new AccessDeniedError('no', { context: { operation: 'GetObject', key: 'k' }, cause }),
  );
  telemetry.messageFailed(message, new StorageUnavailableError('no', { context: { operation: 'UploadPart' } }));
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

it('writes no metrics for a batch without any', () => {
  new PowertoolsSourceTelemetry({ namespace: 'stack', rule }).flush();
  expect(lines).toEqual([]);
});

it('gives the lines of each batch an id of their own', () => {
  const telemetry = new PowertoolsSourceTelemetry({ namespace: 'stack', rule });
  telemetry.queueFailed(new StorageUnavailableError('1'));
  telemetry.queueFailed(new StorageUnavailableError('2'));
  telemetry.flush();
  telemetry.queueFailed(new StorageUnavailableError('3'));
  const ids = logLines().map((line) => line['batch_id']);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).not.toBe(ids[0]);
});

it('measures archives of the target by rule and region', () => {
  const telemetry = new PowertoolsTargetTelemetry({ namespace: 'stack', rules: [rule], region: 'us-east-1' });
  telemetry.archiveRestored({
    rule: 'logs',
    bucket: 'in',
    key: 'logs/a.tar.zst',
    objects: 4,
    restored: 3,
    skipped: 1,
    bytes: 1000,
    archiveBytes: 250,
    decompressionCpuSeconds: 0.25,
    seconds: 2,
    latencySeconds: 12,
  });
  telemetry.flush();
  expect(dimensionsOf(metricLines()[0])).toMatchObject({
    Dimensions: [['SourceBucket', 'SourcePrefix', 'TargetRegion']],
  });
  expect(metricLines()[0]).toMatchObject({
    TargetRegion: 'us-east-1',
    DecompressionTimeSeconds: 0.25,
    ObjectRestoreTime: 0.5,
    ReplicationLatencySeconds: 12,
    ObjectsProcessed: 3,
    SkippedObjects: 1,
  });
});

it('counts what is nobody’s fault but the region’s under the region', () => {
  const telemetry = new PowertoolsTargetTelemetry({ namespace: 'stack', rules: [rule], region: 'us-east-1' });
  telemetry.objectFailed({ bucket: 'b', key: 'k' }, new AccessDeniedError('no'));
  telemetry.conflictOverwritten({ bucket: 'b', key: 'k' });
  telemetry.flush();
  expect(metricLines()).toHaveLength(1);
  expect(metricLines()[0]).toMatchObject({ TargetRegion: 'us-east-1', FailedTargetUploads: 1, OverwrittenObjects: 1 });
  expect(logLines().map((line) => line['level'])).toEqual(['ERROR', 'WARN']);
});
