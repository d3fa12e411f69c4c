import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import pLimit from 'p-limit';
import { startAwsServer } from '../../local-cloud/aws-server.ts';
import { S3ObjectPager } from '../../src/aws/s3/object-pager.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { ListedObject } from '../../src/listing/dependencies.ts';
import { listObjects } from '../../src/listing/list-objects.ts';
import { parseNotification } from '../../src/messages/parse-notification.ts';
import { startAwsEmulator } from '../support/emulator/aws-emulator.ts';
import { SOURCE as REGION, settingsOf, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc, startS3xrc } from '../support/operated/run-s3xrc.ts';

const RULE = {
  source: { region: REGION, bucket: 'objects', prefix_filter: 'in/' },
  destinations: [{ region: REGION, bucket: 'restored', target_prefix: 'copy/' }],
};
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
/** Nothing is too young. */
const ALL_DUE = ['--not-due', '0s'];
const keys = Array.from({ length: 1200 }, (_, index) => `in/${index % 7}/ü ${index}`);
const [missing, changed, extra] = [keys.slice(100, 103), keys.slice(700, 702), ['in/0/only there', 'in/zzz']];

// Thousands of objects are written one by one, and commands are slowed down on purpose.
jest.setTimeout(600_000);

/** Two servers for S3 and SQS that share no code. */
describe.each([
  ['moto', () => startAwsServer({ region: REGION })],
  ['ministack', startAwsEmulator],
])('s3xrc verify on %s', (name, start) => {
  let server: { readonly endpoint: string; stop(): Promise<void> };
  let folder = '';
  let s3: S3Client;
  let sqs: SQSClient;
  let rule = '';
  let queueUrl = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verify-command-'));
    await writeConfiguration(folder, [RULE], settingsOf({ [REGION]: ['source', 'target'] }));
    rule = (await loadConfiguration(folder)).rules[0]?.id ?? '';
    server = await start();
    s3 = new S3Client({ endpoint: server.endpoint, region: REGION, credentials: CREDENTIALS, forcePathStyle: true });
    sqs = new SQSClient({ endpoint: server.endpoint, region: REGION, credentials: CREDENTIALS });
    for (const Bucket of ['objects', 'restored', 'progress']) {
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
    }
    const put = (Bucket: string, Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    await pLimit(16).map(keys, (key) => put('objects', key, key));
    await pLimit(16).map([...keys, ...extra], (key) => put('restored', `copy/${key}`, key));
    await put('restored', 'copy/elsewhere', 'of another rule');
    for (const key of missing) await s3.send(new DeleteObjectCommand({ Bucket: 'restored', Key: `copy/${key}` }));
    for (const key of changed) await put('restored', `copy/${key}`, 'someone else');
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'existing' }))).QueueUrl ?? '';
  });
  afterAll(async () => {
    s3.destroy();
    sqs.destroy();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const argumentsOf = (more: readonly string[]): readonly string[] => {
    const places = ['--configuration', folder, '--queue-url', queueUrl, '--progress-bucket', 'progress'];
    return ['verify', 'objects', ...places, ...more];
  };
  const begin = (...args: readonly string[]): ReturnType<typeof startS3xrc> =>
    startS3xrc(argumentsOf(args), { env: accessTo(server.endpoint) });
  const s3xrc = (...args: readonly string[]): Promise<Outcome> =>
    runS3xrc(argumentsOf(args), { env: accessTo(server.endpoint) });

  async function checkpoint(): Promise<{ finished: boolean; counts: { compared: number } } | undefined> {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'progress', Key: `${rule}/verify.json` }));
      return JSON.parse((await Body?.transformToString()) ?? '') as NonNullable<Awaited<ReturnType<typeof checkpoint>>>;
    } catch {
      return undefined;
    }
  }

  test('finds the rest with --resume after being killed', async () => {
    const csv = join(folder, 'findings.csv');
    const child = begin(...ALL_DUE, '--rate', '100/s', '--csv', csv);
    child.stdout.resume();
    child.stderr.resume();
    const ended = once(child, 'exit');
    while (child.exitCode === null && ((await checkpoint())?.counts.compared ?? 0) === 0) await delay(100);
    child.kill('SIGKILL');
    await ended;
    expect((await checkpoint())?.finished).toBe(false);
    expect((await s3xrc()).status).toBe(2);

    const { status, stdout, stderr } = await s3xrc(...ALL_DUE, '--resume', '--json', '--csv', csv);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      rule,
      compared: keys.length + extra.length,
      equal: keys.length - missing.length - changed.length,
      missing: missing.length,
      foreign: changed.length,
      extra: extra.length,
      older: 0,
      different: 0,
      repaired: 0,
    });
    expect(stderr).toContain('Requests cost about $0.01000 per million objects');
    const lines = new Set((await readFile(csv, 'utf8')).trim().split('\n'));
    expect(lines.size).toBe(1 + missing.length + changed.length + extra.length);
    for (const key of missing) expect(lines).toContain(`missing,${REGION},restored,${key},${Buffer.byteLength(key)},,`);
    expect((await checkpoint())?.finished).toBe(true);
  });

  test('prints a report that names what is wrong, and repairs it when told to', async () => {
    const { status, stdout } = await s3xrc(...ALL_DUE, '--repair', '--yes');
    expect(status).toBe(1);
    expect(stdout).toContain('3 missing: are not at the destination\n');
    expect(stdout).toContain(`    ${REGION} s3://restored  ${missing[0] ?? ''}\n`);
    expect(stdout).toContain('2 foreign: were written or edited at the destination by a user\n');
    expect(stdout).toContain('5 queued for repair: verify again when they have arrived');
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    // The messages are received but not deleted, as in a backfill in progress.
    expect((await s3xrc(...ALL_DUE, '--json')).stderr).toContain('5 objects of a backfill or a repair still queued');
    const queued = Messages.flatMap(({ Body = '' }) => parseNotification(Body).created.map(({ key }) => key));
    expect(new Set(queued)).toEqual(new Set([...missing, ...changed]));
  });

  test('reads unordered inventories in CSV and Parquet instead of listings', async () => {
    const put = (Key: string, Body: Uint8Array | string) =>
      s3.send(new PutObjectCommand({ Bucket: 'progress', Key, Body }));
    const listed = async (Bucket: string): Promise<ListedObject[]> => {
      const found: ListedObject[] = [];
      const pager = new S3ObjectPager(s3);
      for await (const page of listObjects(pager, { bucket: Bucket, prefixes: [''], order: 'key' }))
        found.push(...page);
      await pager.close();
      return found.toReversed();
    };
    const manifest = (sourceBucket: string, fileFormat: string, key: string): string =>
      JSON.stringify({
        sourceBucket,
        destinationBucket: 'arn:aws:s3:::progress',
        creationTimestamp: String(Date.now() + 3_600_000),
        fileFormat,
        fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass',
        files: [{ key }],
      });
    const rows = (await listed('objects')).map(({ key, size, lastModified, etag }) =>
      ['objects', encodeURIComponent(key), size, new Date(lastModified).toISOString(), etag, 'STANDARD']
        .map((field) => `"${field}"`)
        .join(','),
    );
    await put('csv/data.csv.gz', gzipSync(rows.join('\n')));
    await put('csv/manifest.json', manifest('objects', 'CSV', 'csv/data.csv.gz'));
    const copies = await listed('restored');
    const columnData = [
      { name: 'key', data: copies.map(({ key }) => key) },
      { name: 'size', data: copies.map(({ size }) => BigInt(size)), type: 'INT64' as const },
      { name: 'last_modified_date', data: copies.map(({ lastModified }) => new Date(lastModified)) },
      { name: 'e_tag', data: copies.map(({ etag }) => etag) },
    ];
    await put('parquet/data.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    await put('parquet/manifest.json', manifest('restored', 'Parquet', 'parquet/data.parquet'));

    const inventories = ['--inventory', 's3://progress/csv/manifest.json'];
    inventories.push('--destination-inventory', 's3://progress/parquet/manifest.json');
    const { status, stdout, stderr } = await s3xrc(...ALL_DUE, '--json', ...inventories);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('$0.00000 to list nothing, since inventories are read'),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      compared: keys.length + extra.length,
      equal: keys.length - missing.length - changed.length,
      missing: missing.length,
      foreign: changed.length,
      extra: extra.length,
      notDue: 0,
    });
    const swapped = await s3xrc('--inventory', 's3://progress/parquet/manifest.json');
    expect(swapped.status).toBe(2);
    expect(swapped.stderr).toContain('lists bucket restored, but the rule needs bucket objects');
  });

  test('uses the watermark, if there is one, to decide what is due', async () => {
    const cloudWatch = new CloudWatchClient({ endpoint: server.endpoint, region: REGION, credentials: CREDENTIALS });
    const Dimensions = Object.entries({ SourceBucket: 'objects', SourcePrefix: 'in/', TargetRegion: REGION }).map(
      ([Name, Value]) => ({ Name, Value }),
    );
    const MetricData = [
      { MetricName: 'WatermarkAgeSeconds', Dimensions, Timestamp: new Date(Date.now() - 60_000), Value: 7200 },
    ];
    // The project's moto has no CloudWatch.
    const hasMetrics = name === 'ministack';
    if (hasMetrics) await cloudWatch.send(new PutMetricDataCommand({ Namespace: 'app', MetricData }));
    cloudWatch.destroy();
    const { stdout, stderr } = await s3xrc('--json');
    expect(stderr).toMatch(hasMetrics ? /younger than the watermark of eu-west-1, 2 h/ : /the watermark is unknown/);
    expect(JSON.parse(stdout)).toMatchObject({ missing: 0, foreign: 0, notDue: missing.length + changed.length });
  });

  test('ends with 0 when all is well', async () => {
    const { status, stdout } = await s3xrc('--prefix', 'in/0/', '--since', '2100-01-01');
    expect([status, stdout]).toEqual([0, expect.stringContaining('0 missing')]);
  });
});
