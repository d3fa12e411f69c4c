import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketInventoryConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { MetricStore } from '../../local-cloud/metrics/metric-store.ts';
import { LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import type { ScheduledProgress } from '../../src/verifying/verify-on-schedule.ts';
import { createVerifyHandler } from '../../src/wiring/verify.ts';
import { captureLines, type Line } from '../support/captured-lines.ts';
import { generateInventory, type InventoryRow } from '../support/generated-inventory.ts';

const CONFIGURATION = fileURLToPath(new URL('../../configuration', import.meta.url));
const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const SETTINGS = {
  stack_name: 'app',
  enabled_regions: [
    { region: HOME, source_target: ['source'], inventory_buckets: ['lists'] },
    { region: AWAY, source_target: ['target'], inventory_buckets: ['lists-away'] },
  ],
};
const RULES = {
  replication_configuration: [
    {
      source: { region: HOME, bucket: 'objects', prefix_filter: 'in/', verify: 'weekly' },
      destinations: [{ region: AWAY, bucket: 'restored', target_prefix: 'copy/' }],
    },
  ],
};
const keys = Array.from({ length: 40 }, (_, index) => `in/ü+ ${String(index).padStart(2, '0')}`);
const missing = [keys[3], keys[21]];

const lines = captureLines();
let server: AwsServer;
let folder = '';
let rule = '';
let s3: S3Client;
let handler: Awaited<ReturnType<typeof createVerifyHandler>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scheduled-verify-'));
  await cp(join(CONFIGURATION, 'prices.json'), join(folder, 'prices.json'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
  rule = (await loadConfiguration(folder)).rules[0]?.id ?? '';
  server = await startAwsServer({ region: HOME });
  process.env['AWS_ENDPOINT_URL'] = server.endpoint;
  process.env['AWS_REGION'] = HOME;
  process.env['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
  s3 = new S3Client({ forcePathStyle: true });
  for (const [Bucket, LocationConstraint] of [
    ['objects', HOME],
    ['lists', HOME],
    ['progress', HOME],
  ] as const) {
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
  }
  const away = new S3Client({ forcePathStyle: true, region: AWAY });
  for (const Bucket of ['restored', 'lists-away']) await away.send(new CreateBucketCommand({ Bucket }));
  away.destroy();
  for (const Key of keys) {
    await s3.send(new PutObjectCommand({ Bucket: 'objects', Key, Body: Key }));
    if (!missing.includes(Key)) {
      await s3.send(new PutObjectCommand({ Bucket: 'restored', Key: `copy/${Key}`, Body: Key }));
    }
  }
  // A watermark in the future: objects that were written a moment ago are due.
  const cloudWatch = new CloudWatchClient({});
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: 'app',
      MetricData: [
        {
          MetricName: 'WatermarkAgeSeconds',
          Dimensions: [
            { Name: 'SourceBucket', Value: 'objects' },
            { Name: 'SourcePrefix', Value: 'in/' },
            { Name: 'TargetRegion', Value: AWAY },
          ],
          Value: -3600,
        },
      ],
    }),
  );
  cloudWatch.destroy();
  handler = await createVerifyHandler({
    AWS_REGION: HOME,
    CONFIGURATION_DIRECTORY: folder,
    PROGRESS_BUCKET: 'progress',
    AWS_ENDPOINT_URL: server.endpoint,
  });
}, 120_000);

afterAll(async () => {
  s3.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

function invoke(execution: string, remaining = 900_000): Promise<ScheduledProgress> {
  return handler({ rule, execution }, { getRemainingTimeInMillis: () => remaining });
}

/** Log lines with this message. */
function logged(message: string): Line[] {
  return lines.filter((line) => line['message'] === message);
}

async function deliver(bucket: string, listed: string, rows: readonly InventoryRow[]): Promise<void> {
  const time = new Date().toISOString().slice(0, 16).replace(':', '-');
  const place = {
    bucket: listed,
    fileBucket: bucket,
    folder: `${listed}/all/data`,
    format: 'CSV',
    fileRows: 15,
  } as const;
  const { manifest, files } = generateInventory(rows, place);
  const fresh = JSON.stringify({ ...(JSON.parse(manifest) as object), creationTimestamp: String(Date.now()) });
  for (const [Key, Body] of Object.entries({ ...files, [`${listed}/all/${time}Z/manifest.json`]: fresh })) {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  }
  await s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket: listed,
      Id: 'all',
      InventoryConfiguration: {
        Id: 'all',
        IsEnabled: true,
        IncludedObjectVersions: 'Current',
        Schedule: { Frequency: 'Daily' },
        OptionalFields: ['Size', 'LastModifiedDate', 'ETag', 'StorageClass'],
        Destination: { S3BucketDestination: { Bucket: `arn:aws:s3:::${bucket}`, Format: 'CSV' } },
      },
    }),
  );
}

async function rowsOf(bucket: string): Promise<InventoryRow[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '', Size = 0, ETag = '', LastModified = new Date() }) => ({
    key: Key,
    size: Size,
    etag: ETag.replaceAll('"', ''),
    lastModified: LastModified.getTime(),
  }));
}

describe('the function of scheduled verifications', () => {
  test('finds missing objects by listing, writes the metric, and keeps the result', async () => {
    expect(await invoke('one')).toEqual({ rule, execution: 'one', finished: true, compared: 40, faults: 2 });
    expect(logged('Copy is missing, older or different').map(({ key, region }) => [key, region])).toEqual(
      missing.map((key) => [key, AWAY]),
    );
    const store = new MetricStore();
    for (const line of lines) store.read(JSON.stringify(line));
    const [metric, ...others] = store.metrics();
    expect(others).toEqual([]);
    expect(metric).toMatchObject({
      namespace: 'app',
      name: 'MissingObjects',
      dimensions: { SourceBucket: 'objects', SourcePrefix: 'in/' },
    });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'progress', Key: `${rule}/scheduled-verify.json` }));
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({
      finished: true,
      counts: { missing: 2, equal: 38 },
    });
    expect((await rowsOf('restored')).length).toBe(38);
  });

  test('reads the newest inventories instead if both sides have them', async () => {
    await deliver('lists', 'objects', await rowsOf('objects'));
    await deliver('lists-away', 'restored', await rowsOf('restored'));
    const answer = await invoke('two');
    expect(logged('Listing bucket')).toEqual([]);
    expect(answer).toEqual({ rule, execution: 'two', finished: true, compared: 40, faults: 2 });
    expect(
      logged('Reading inventory')
        .map(({ bucket }) => bucket)
        .toSorted(),
    ).toEqual(['objects', 'restored']);
  });

  test('fails if it has no time at all, and the next invocation starts over', async () => {
    await expect(invoke('three', 60_000)).rejects.toMatchObject({ code: 'VERIFICATION_STALLED' });
    expect(await invoke('three')).toMatchObject({ finished: true, compared: 40, faults: 2 });
  });

  test('knows only the rules of its region', async () => {
    const context = { getRemainingTimeInMillis: () => 900_000 };
    await expect(handler({ rule: 'other', execution: 'e' }, context)).rejects.toMatchObject({
      name: 'InvalidVerificationTaskError',
    });
  });
});
