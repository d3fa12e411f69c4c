import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../local-cloud/emulated-cloud.ts';
import { EventSourceMapping } from '../../local-cloud/event-source-mapping.ts';
import { FunctionHost } from '../../local-cloud/function-host.ts';
import {
  createPipelineResources,
  failedBucketName,
  progressBucketName,
} from '../../local-cloud/pipeline/create-pipeline-resources.ts';
import type { QueuePair } from '../../local-cloud/pipeline/queue-pair.ts';
import { LOCAL_ACCOUNT_ID, LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { Replicator } from '../../local-cloud/replicator.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { bundleFunctions } from '../../src/build/bundle-functions.ts';
import type { ResendSession } from '../../src/cli/resend/resend-session.ts';
import { runResend } from '../../src/cli/resend/run-resend.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { keptRecordOf } from '../../src/resend/archive-metadata.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const FAR = 'ap-south-1';
const OUTBOUND = 'outbound';
const FAILED = failedBucketName(OUTBOUND);
const STACK = 'resend-test';
const SETTINGS = {
  stack_name: STACK,
  enabled_regions: [
    { region: HOME, vpc_cidr: '10.0.0.0/16', source_target: ['source'], availability_zones: 2 },
    { region: AWAY, vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
    { region: FAR, vpc_cidr: '10.2.0.0/16', source_target: ['target'], availability_zones: 2 },
  ],
  notification_emails: [],
  tags: {},
};
const RULES = {
  replication_configuration: [
    { source: { region: HOME, bucket: 'objects' }, destinations: [{ region: AWAY, bucket: 'restored' }] },
    {
      source: { region: HOME, bucket: 'fanned-out' },
      destinations: [AWAY, FAR].map((region) => ({ region, bucket: `restored-${region}` })),
    },
  ],
};

let folder: string;
let cloud: EmulatedCloud;
let replicator: Replicator;
let deadLetters: { region: string; url: string }[];
const hosts: FunctionHost[] = [];
const mappings: { readonly kind: string; readonly mapping: EventSourceMapping }[] = [];
const logs: string[] = [];
/** Rejects if a function fails, so that the test does not wait for it. */
const crashed = Promise.withResolvers<never>();
crashed.promise.catch(() => undefined);
/** How often S3 still refuses to replicate an archive, and to which inbound bucket; empty: all of them. */
let refusals = 0;
let refusing = '';

beforeAll(async () => {
  // Inside the project, where the bundles find the modules that they do not contain.
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  folder = await mkdtemp(join(PROJECT, 'build', 'resend-'));
  await copyFile(join(PROJECT, 'configuration/prices.json'), join(folder, 'prices.json'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
  const { rules } = await loadConfiguration(folder);
  const [id = '', fannedOut = ''] = rules.map((rule) => rule.id);
  [cloud] = await Promise.all([
    startEmulatedCloud({ regions: [HOME, AWAY, FAR] }),
    bundleFunctions(join(folder, 'bundles')),
  ]);
  const { ruleQueues, targetQueues, replicationFailures, outbound } = await createPipelineResources(cloud, {
    rules: [
      {
        ...{ id, region: HOME, sourceBucket: 'objects', sourcePrefix: '', outboundBucket: OUTBOUND },
        ...{ archivePrefix: `${id}/`, targetRegions: [AWAY] },
      },
      {
        ...{ id: fannedOut, region: HOME, sourceBucket: 'fanned-out', sourcePrefix: '', outboundBucket: OUTBOUND },
        ...{ archivePrefix: `${fannedOut}/`, targetRegions: [AWAY, FAR] },
      },
    ],
    inbound: [AWAY, FAR].map((region) => ({ region, bucket: `inbound-${region}` })),
    targets: [
      { region: AWAY, bucket: 'restored' },
      ...[AWAY, FAR].map((region) => ({ region, bucket: `restored-${region}` })),
    ],
    queues: { visibilitySeconds: 60, maxReceiveCount: 8 },
  });
  replicator = new Replicator({
    regions: cloud.regions,
    sources: outbound,
    refuse: (_, destinationBucket) => {
      if (refusals === 0 || (refusing !== '' && refusing !== destinationBucket)) return undefined;
      refusals -= 1;
      return 'DstKmsKeyInvalidState';
    },
  });
  await replicator.start();
  deadLetters = [
    ...[id, fannedOut].map((rule) =>
      startFunction('source', HOME, ruleQueues.get(rule), {
        ...{ RULE_ID: rule, OUTBOUND_BUCKET: OUTBOUND, PROGRESS_BUCKET: progressBucketName(OUTBOUND) },
      }),
    ),
    ...[AWAY, FAR].map((region) =>
      startFunction('target', region, targetQueues.get(region), { INBOUND_BUCKET: `inbound-${region}` }),
    ),
    startFunction('resend', HOME, replicationFailures.get(OUTBOUND), {
      ...{ OUTBOUND_BUCKET: OUTBOUND, FAILED_BUCKET: FAILED, INBOUND_BUCKETS: 'inbound-*', RESEND_DELAY_SECONDS: '1' },
    }),
  ];
});

afterAll(async () => {
  for (const { mapping } of mappings) await mapping.stop();
  await replicator.stop();
  for (const host of hosts) await host.stop();
  await cloud.stop();
  await rm(folder, { recursive: true });
});

/** @returns region and URL of its dead-letter queue */
function startFunction(
  kind: 'source' | 'target' | 'resend',
  regionName: string,
  queue: QueuePair | undefined,
  environment: Readonly<Record<string, string>>,
): { region: string; url: string } {
  if (queue === undefined) throw new Error(`no queue for the ${kind} function`);
  const region = cloud.region(regionName);
  const host = new FunctionHost({
    bundle: join(folder, 'bundles', `${kind}.mjs`),
    handler: 'handler',
    functionName: kind,
    invokedFunctionArn: `arn:aws:lambda:${regionName}:${LOCAL_ACCOUNT_ID}:function:${kind}`,
    memoryMb: 1769,
    timeoutSeconds: 60,
    onLine: (line) => logs.push(line),
    environment: {
      AWS_REGION: regionName,
      AWS_ENDPOINT_URL: region.endpoint,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      CONFIGURATION_DIRECTORY: folder,
      QUEUE_URL: queue.url,
      DEAD_LETTER_QUEUE_URL: queue.deadLetters.url,
      MAX_RECEIVES: '8',
      ...environment,
    },
  });
  const mapping = new EventSourceMapping({
    ...{ sqs: region.sqs, queueUrl: queue.url, queueArn: queue.arn, region: regionName },
    ...{ batchSize: 10, batchWindowSeconds: 0, maximumConcurrency: 1 },
    invoke: (event) => host.invoke(event),
    onInvocation: ({ outcome }) => {
      if (outcome.kind !== 'answered') crashed.reject(new Error(`The ${kind} function failed: ${outcome.reason}`));
    },
  });
  mapping.start();
  hosts.push(host);
  mappings.push({ kind, mapping });
  return { region: regionName, url: queue.deadLetters.url };
}

/**
 * Resolves when everything has settled: each failure of the replicator may make another archive, and that another
 * failure.
 */
function settle(): Promise<void> {
  return Promise.race([settleAll(), crashed.promise]);
}

async function settleAll(): Promise<void> {
  await idle('source');
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await replicator.idle();
    await idle('resend');
    now = await countVersions(OUTBOUND);
  }
  await idle('target');
}

async function idle(kind: string): Promise<void> {
  await Promise.all(mappings.filter((each) => each.kind === kind).map(({ mapping }) => mapping.idle()));
}

async function countVersions(bucket: string): Promise<number> {
  const { Versions = [] } = await cloud.region(HOME).s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return Versions.length;
}

async function bytesOf(region: string, bucket: string, key: string, versionId?: string): Promise<Uint8Array> {
  const { s3 } = cloud.region(region);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

async function countDeadLetters(): Promise<number> {
  const counts = deadLetters.map(async ({ region, url: QueueUrl }) => {
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const { Attributes } = await cloud
      .region(region)
      .sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Number(Attributes?.ApproximateNumberOfMessages);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function put(key: string, body: string, bucket = 'objects'): Promise<void> {
  await cloud.region(HOME).s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body) }));
}

async function keysOf(region: string, bucket: string): Promise<(string | undefined)[]> {
  const { Contents = [] } = await cloud.region(region).s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key);
}

/** Runs `npm run resend` against the local cloud. */
async function resend(...args: readonly string[]): Promise<string> {
  let printed = '';
  const open = (stackName: string, region: string): Promise<ResendSession> => {
    expect(stackName).toBe(STACK);
    const { s3 } = cloud.region(region);
    const store = new S3ObjectStore({ client: s3 });
    const buckets = { failedBucket: FAILED, outboundBucket: OUTBOUND };
    return Promise.resolve({ s3, store, ...buckets, close: () => store.close() });
  };
  const context = {
    program: 's3xrc',
    signal: new AbortController().signal,
    print: (text: string | Uint8Array): Promise<void> => {
      printed += String(text);
      return Promise.resolve();
    },
    note: () => undefined,
  };
  await runResend([...args, '--configuration', folder], context, open);
  return printed;
}

describe('an archive that S3 does not replicate', () => {
  test('is resent until its objects arrive', async () => {
    refusals = 3;
    await put('three-times', 'the third time is the charm');
    await settle();
    expect(refusals).toBe(0);
    expect(Buffer.from(await bytesOf(AWAY, 'restored', 'three-times')).toString()).toBe('the third time is the charm');
    expect(await countVersions(OUTBOUND)).toBe(4);
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
    expect(await resend(HOME)).toBe(`No archive was given up: ${FAILED} is empty.\n`);
  });

  test('is kept byte for byte with its reason if it never arrives, and `npm run resend` sends it once S3 works again', async () => {
    const before = await countVersions(OUTBOUND);
    refusals = Number.POSITIVE_INFINITY;
    await put('never', 'not before someone corrects the key');
    await settle();

    expect(await countVersions(OUTBOUND)).toBe(before + 4);
    const { Versions = [] } = await cloud.region(HOME).s3.send(new ListObjectVersionsCommand({ Bucket: OUTBOUND }));
    const first = Versions.toSorted((a, b) => Number(a.LastModified) - Number(b.LastModified)).at(-4);
    const key = first?.Key ?? '';
    const kept = await cloud.region(HOME).s3.send(new GetObjectCommand({ Bucket: FAILED, Key: `failed/${key}` }));
    expect(await kept.Body?.transformToByteArray()).toEqual(await bytesOf(HOME, OUTBOUND, key, first?.VersionId));
    const failures = [{ destination: `inbound-${AWAY}`, reason: 'DstKmsKeyInvalidState' }];
    expect(keptRecordOf(kept.Metadata ?? {})?.failures).toEqual(failures);
    expect(await countDeadLetters()).toBe(0);
    const [line] = logs.filter((text) => text.includes('Archive given up')).map((text) => JSON.parse(text) as object);
    const rule = key.split('/')[0];
    expect(line).toMatchObject({
      level: 'ERROR',
      archive: key,
      rule,
      destination: `inbound-${AWAY}`,
      reason: failures[0]?.reason,
    });
    const metrics = logs
      .filter((text) => text.includes('"ArchivesGivenUp":1'))
      .map((text) => JSON.parse(text) as object);
    expect(metrics).toMatchObject([
      { _aws: { CloudWatchMetrics: [{ Namespace: STACK, Dimensions: [['SourceBucket']] }] }, SourceBucket: OUTBOUND },
    ]);

    expect(await resend(HOME)).toContain(`${key}  ${kept.ContentLength} bytes, given up 20`);
    await expect(resend(HOME, 'no/such.tar.zst')).rejects.toMatchObject({ code: 'DEPLOY_INPUT_INVALID' });
    await expect(resend(AWAY)).rejects.toMatchObject({ code: 'DEPLOY_INPUT_INVALID' });
    refusals = 1;
    expect(await resend(HOME, key)).toBe(`${key} was resent.\nResent: 1 archive.\n`);
    await settle();
    expect(Buffer.from(await bytesOf(AWAY, 'restored', 'never')).toString()).toBe(
      'not before someone corrects the key',
    );
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
  });
});

describe('an archive that S3 does not replicate to one of its two regions', () => {
  beforeAll(() => {
    refusing = `inbound-${FAR}`;
  });

  test('is resent only to that one, and restores nothing that was deleted in the other', async () => {
    const before = await countVersions(OUTBOUND);
    refusals = 2;
    await put('fanned', 'to both', 'fanned-out');
    await idle('source');
    await replicator.idle();
    await idle('target');
    expect(await keysOf(AWAY, `restored-${AWAY}`)).toEqual(['fanned']);
    const deleted = { Bucket: `restored-${AWAY}`, Key: 'fanned' };
    await cloud.region(AWAY).s3.send(new DeleteObjectCommand(deleted));
    await settle();

    expect(refusals).toBe(0);
    expect(Buffer.from(await bytesOf(FAR, `restored-${FAR}`, 'fanned')).toString()).toBe('to both');
    expect(await keysOf(AWAY, `restored-${AWAY}`)).toEqual([]);
    expect(await countVersions(OUTBOUND)).toBe(before + 3);
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
    for (const region of [AWAY, FAR]) expect(await keysOf(region, `inbound-${region}`)).toEqual([]);
  });

  test('is kept only for that one, and `npm run resend` sends it only to that one', async () => {
    refusals = Number.POSITIVE_INFINITY;
    await put('kept', 'for one', 'fanned-out');
    await settle();
    const kept = await keysOf(HOME, FAILED);
    expect(kept).toEqual([expect.stringMatching(new RegExp(`^failed/_resend-${FAR}/.+\\.tar\\.zst$`))]);
    expect(await keysOf(AWAY, `restored-${AWAY}`)).toEqual(['kept']);
    await cloud.region(AWAY).s3.send(new DeleteObjectCommand({ Bucket: `restored-${AWAY}`, Key: 'kept' }));

    refusals = 0;
    expect(await resend(HOME, '--all')).toContain('Resent: 1 archive.');
    await settle();

    expect(Buffer.from(await bytesOf(FAR, `restored-${FAR}`, 'kept')).toString()).toBe('for one');
    expect(await keysOf(AWAY, `restored-${AWAY}`)).toEqual([]);
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
  });
});
