import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmulatedCloud, startEmulatedCloud } from '../../local-cloud/emulated-cloud.ts';
import { EventSourceMapping } from '../../local-cloud/event-source-mapping.ts';
import { FunctionHost } from '../../local-cloud/function-host.ts';
import {
  createPipelineResources,
  failedBucket,
  progressBucket,
} from '../../local-cloud/pipeline/create-pipeline-resources.ts';
import type { QueuePair } from '../../local-cloud/pipeline/queue-pair.ts';
import { LOCAL_ACCOUNT_ID, LOCAL_CREDENTIALS } from '../../local-cloud/region-clients.ts';
import { Replicator } from '../../local-cloud/replicator.ts';
import { S3ObjectStore } from '../../src/aws/s3/object-store.ts';
import { bundleFunctions } from '../../src/build/bundle-functions.ts';
import type { ResendPlace } from '../../src/cli/resend/resend-place.ts';
import { runResend } from '../../src/cli/resend/run-resend.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { keptRecordOf } from '../../src/resend/archive-metadata.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const HOME = 'eu-west-1';
const AWAY = 'us-east-1';
const OUTBOUND = 'outbound';
const FAILED = failedBucket(OUTBOUND);
const STACK = 'resend-test';
const SETTINGS = {
  stack_name: STACK,
  enabled_regions: [
    { region: HOME, vpc_cidr: '10.0.0.0/16', source_target: ['source'], availability_zones: 2 },
    { region: AWAY, vpc_cidr: '10.1.0.0/16', source_target: ['target'], availability_zones: 2 },
  ],
  notification_emails: [],
  tags: {},
};
const RULES = {
  replication_configuration: [
    { source: { region: HOME, bucket: 'objects' }, destinations: [{ region: AWAY, bucket: 'restored' }] },
  ],
};

let folder: string;
let cloud: EmulatedCloud;
let replicator: Replicator;
let deadLetters: { region: string; url: string }[];
const hosts: FunctionHost[] = [];
const mappings = new Map<string, EventSourceMapping>();
const logs: string[] = [];
/** Rejects when a function has no answer, instead of a test that waits for it. */
const crashed = Promise.withResolvers<never>();
crashed.promise.catch(() => undefined);
/** How often S3 still refuses to replicate an archive. */
let refusals = 0;

beforeAll(async () => {
  // Inside the project, where the bundles find the modules that are not in them.
  await mkdir(join(PROJECT, 'build'), { recursive: true });
  folder = await mkdtemp(join(PROJECT, 'build', 'resend-'));
  await copyFile(join(PROJECT, 'configuration/prices.json'), join(folder, 'prices.json'));
  await writeFile(join(folder, 'settings.json'), JSON.stringify(SETTINGS));
  await writeFile(join(folder, 'replication_config.json'), JSON.stringify(RULES));
  const { rules } = await loadConfiguration(folder);
  const id = rules[0]?.id ?? '';
  [cloud] = await Promise.all([
    startEmulatedCloud({ regions: [HOME, AWAY] }),
    bundleFunctions(join(folder, 'bundles')),
  ]);
  const { ruleQueues, targetQueues, replicationFailures, outbound } = await createPipelineResources(cloud, {
    rules: [
      {
        ...{ id, region: HOME, sourceBucket: 'objects', sourcePrefix: '', outboundBucket: OUTBOUND },
        ...{ archivePrefix: `${id}/`, targetRegions: [AWAY] },
      },
    ],
    inbound: [{ region: AWAY, bucket: 'inbound' }],
    targets: [{ region: AWAY, bucket: 'restored' }],
    queues: { visibilitySeconds: 60, maxReceiveCount: 8 },
  });
  replicator = new Replicator({
    regions: cloud.regions,
    sources: outbound,
    refuse: () => {
      if (refusals === 0) return undefined;
      refusals -= 1;
      return 'DstKmsKeyInvalidState';
    },
  });
  await replicator.start();
  deadLetters = [
    startFunction('source', HOME, ruleQueues.get(id), {
      ...{ RULE_ID: id, OUTBOUND_BUCKET: OUTBOUND, PROGRESS_BUCKET: progressBucket(OUTBOUND) },
    }),
    startFunction('target', AWAY, targetQueues.get(AWAY), { INBOUND_BUCKET: 'inbound' }),
    startFunction('resend', HOME, replicationFailures.get(OUTBOUND), {
      ...{ OUTBOUND_BUCKET: OUTBOUND, FAILED_BUCKET: FAILED, RESEND_DELAY_SECONDS: '1' },
    }),
  ];
});

afterAll(async () => {
  for (const mapping of mappings.values()) await mapping.stop();
  await replicator.stop();
  for (const host of hosts) await host.stop();
  await cloud.stop();
  await rm(folder, { recursive: true });
});

/** @returns where its dead letters go */
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
  mappings.set(kind, mapping);
  return { region: regionName, url: queue.deadLetters.url };
}

/** Resolves when nothing moves any more: each failure of the replicator may make another archive, and that another failure. */
function settle(): Promise<void> {
  return Promise.race([settleAll(), crashed.promise]);
}

async function settleAll(): Promise<void> {
  await mappings.get('source')?.idle();
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await replicator.idle();
    await mappings.get('resend')?.idle();
    now = await countVersions(OUTBOUND);
  }
  await mappings.get('target')?.idle();
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

async function put(key: string, body: string): Promise<void> {
  await cloud.region(HOME).s3.send(new PutObjectCommand({ Bucket: 'objects', Key: key, Body: Buffer.from(body) }));
}

/** Runs `npm run resend` against the local cloud. */
async function resend(...args: readonly string[]): Promise<string> {
  let printed = '';
  const open = (stackName: string, region: string): Promise<ResendPlace> => {
    expect(stackName).toBe(STACK);
    const { s3 } = cloud.region(region);
    const store = new S3ObjectStore({ client: s3 });
    const buckets = { failedBucket: FAILED, outboundBucket: OUTBOUND };
    return Promise.resolve({ s3, store, ...buckets, close: () => store.close() });
  };
  const print = (text: string): void => {
    printed += text;
  };
  await runResend([...args, '--configuration', folder], print, open);
  return printed;
}

describe('an archive that S3 does not replicate', () => {
  test('is sent again until its objects arrive', async () => {
    refusals = 3;
    await put('three-times', 'the third time is the charm');
    await settle();
    expect(refusals).toBe(0);
    expect(Buffer.from(await bytesOf(AWAY, 'restored', 'three-times')).toString()).toBe('the third time is the charm');
    expect(await countVersions(OUTBOUND)).toBe(4);
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
    expect(await resend(HOME)).toBe(`No archive was given up: ${FAILED} is empty.\n`);
  });

  test('is kept byte for byte with its reason when it never arrives, and `npm run resend` sends it when S3 is healed', async () => {
    const before = await countVersions(OUTBOUND);
    refusals = Number.POSITIVE_INFINITY;
    await put('never', 'not before somebody corrects the key');
    await settle();

    expect(await countVersions(OUTBOUND)).toBe(before + 4);
    const { Versions = [] } = await cloud.region(HOME).s3.send(new ListObjectVersionsCommand({ Bucket: OUTBOUND }));
    const first = Versions.toSorted((a, b) => Number(a.LastModified) - Number(b.LastModified)).at(-4);
    const key = first?.Key ?? '';
    const kept = await cloud.region(HOME).s3.send(new GetObjectCommand({ Bucket: FAILED, Key: `failed/${key}` }));
    expect(await kept.Body?.transformToByteArray()).toEqual(await bytesOf(HOME, OUTBOUND, key, first?.VersionId));
    const failures = [{ destination: 'inbound', reason: 'DstKmsKeyInvalidState' }];
    expect(keptRecordOf(kept.Metadata ?? {})?.failures).toEqual(failures);
    expect(await countDeadLetters()).toBe(0);
    const [line] = logs.filter((text) => text.includes('Archive given up')).map((text) => JSON.parse(text) as object);
    const rule = key.split('/')[0];
    expect(line).toMatchObject({
      level: 'ERROR',
      archive: key,
      rule,
      destination: 'inbound',
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
    expect(await resend(HOME, key)).toBe(`${key} is on its way again.\nSent again: 1 archive.\n`);
    await settle();
    expect(Buffer.from(await bytesOf(AWAY, 'restored', 'never')).toString()).toBe(
      'not before somebody corrects the key',
    );
    expect([await countVersions(FAILED), await countDeadLetters()]).toEqual([0, 0]);
  });
});
