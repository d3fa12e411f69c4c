import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDeploymentFiles, writeDeploymentFiles } from '../../src/cli/command/deployment-files.ts';
import { compareObject } from '../../src/cli/demo/verify/compare-object.ts';
import { loadConfiguration } from '../../src/configuration/load.ts';
import { deploymentSteps, removalOrder } from '../../src/templates/deployment-steps.ts';
import { planRegions } from '../../src/templates/plan-regions.ts';
import { MIB } from '../../src/units.ts';
import { deployExample, EXAMPLE, STACK, USERS_BUCKETS } from '../support/rehearsal/deploy-example.ts';
import type { Image } from '../support/rehearsal/image.ts';
import { Pipeline, readMapping } from '../support/rehearsal/pipeline.ts';
import type { Rehearsal } from '../support/rehearsal/rehearsal.ts';
import { expandTemplate } from '../support/templates/expand-template.ts';
import { textOf } from '../support/templates/json.ts';

const SOURCE = 'eu-west-1';
const OUTBOUND = `${STACK}-123456789012-eu-west-1-outbound`;
const INBOUND = ['us-east-1', 'ap-southeast-2'].map((region) => ({
  region,
  bucket: `${STACK}-123456789012-${region}-inbound`,
}));
const MINUTES = 60_000;
/** A receiver that existed before our deployment. */
const THEIRS = 'someone-elses-queue';

let rehearsal: Rehearsal;
let image: Image;
let pipeline: Pipeline | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  ({ rehearsal, image } = await deployExample(async (started) => {
    rehearsal = started;
    await clients(SOURCE).sqs.send(new CreateQueueCommand({ QueueName: THEIRS }));
    for (const bucket of USERS_BUCKETS[SOURCE] ?? []) await addTheirNotification(bucket);
  }));
  pipeline = await Pipeline.start(rehearsal);
}, 10 * MINUTES);

afterAll(async () => {
  await pipeline?.stop();
  await rehearsal.stop();
  await image.remove();
  await rm(folder, { recursive: true });
});

function clients(region: string) {
  return rehearsal.clients(region);
}

async function addTheirNotification(Bucket: string): Promise<void> {
  const QueueArn = `arn:aws:sqs:${SOURCE}:123456789012:${THEIRS}`;
  const QueueConfigurations = [{ Id: 'theirs', QueueArn, Events: ['s3:ObjectRemoved:*' as const] }];
  const NotificationConfiguration = { QueueConfigurations };
  await clients(SOURCE).s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}

function deployed(type: string) {
  return rehearsal.resources.filter((resource) => resource.type === type);
}

async function notifications(bucket: string) {
  const answer = await clients(SOURCE).s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  return (answer.QueueConfigurations ?? []).map(({ Id }) => Id).toSorted();
}

async function replicationRules() {
  const { ReplicationConfiguration } = await clients(SOURCE).s3.send(
    new GetBucketReplicationCommand({ Bucket: OUTBOUND }),
  );
  return (ReplicationConfiguration?.Rules ?? []).map(({ Filter, Destination }) => [
    Filter?.Prefix,
    Destination?.Bucket,
  ]);
}

async function keysIn(region: string, bucket: string): Promise<string[]> {
  const { Contents = [] } = await clients(region).s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

/** Number of messages in a queue, visible or not. */
async function waiting(region: string, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await clients(region).sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes;
  return Number(visible) + Number(hidden);
}

describe('the deployed stacks', () => {
  test('exist completely in every region', async () => {
    for (const region of Object.keys(USERS_BUCKETS)) {
      const { Stacks = [] } = await clients(region).cloudFormation.send(
        new DescribeStacksCommand({ StackName: STACK }),
      );
      expect(Stacks.map(({ StackStatus, Outputs }) => [StackStatus, Outputs?.[0]?.OutputValue])).toEqual([
        ['CREATE_COMPLETE', 'all'],
      ]);
    }
  });

  test('have the settings that moto does not apply from a template', async () => {
    for (const { region, bucket: Bucket } of INBOUND) {
      const { s3 } = clients(region);
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
      const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      expect(Rules?.map(({ ID, Expiration, NoncurrentVersionExpiration: old }) => [ID, Expiration?.Days, old])).toEqual(
        [
          ['expire-restored-archives', undefined, { NoncurrentDays: 1 }],
          ['expire-staged-parts', 15, undefined],
        ],
      );
      expect(Rules?.[1]?.Filter).toEqual({ Prefix: '_staging/' });
    }
    for (const { region, physicalId, properties } of deployed('AWS::SQS::Queue')) {
      const { Attributes = {} } = await clients(region).sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: physicalId, AttributeNames: ['All'] }),
      );
      const { MessageRetentionPeriod, VisibilityTimeout, RedrivePolicy } = Attributes;
      expect(MessageRetentionPeriod).toBe('1209600');
      expect(VisibilityTimeout).toBe(textOf(properties['VisibilityTimeout'] ?? 30));
      expect(JSON.parse(RedrivePolicy ?? 'null')).toEqual(properties['RedrivePolicy'] ?? null);
    }
  });

  test('have event source mappings that batch as the configuration says', () => {
    const mappings = deployed('AWS::Lambda::EventSourceMapping').map(readMapping);
    const ofRules = mappings.filter(({ functionName }) => functionName.includes('-example-'));
    expect(ofRules).toHaveLength(6);
    expect(ofRules).toEqual(
      ofRules.map(() => expect.objectContaining({ batchSize: 1000, batchWindowSeconds: 20, maximumConcurrency: 20 })),
    );
    expect(mappings.filter(({ functionName }) => functionName === `${STACK}-target`)).toEqual(
      INBOUND.map(() => expect.objectContaining({ batchSize: 10, batchWindowSeconds: 0, maximumConcurrency: 50 })),
    );
  });

  test('have added their notifications to those of others, and one replication rule per rule and region', async () => {
    expect(await Promise.all((USERS_BUCKETS[SOURCE] ?? []).map(notifications))).toEqual([
      [`${STACK}-example-documents-a82747f3ed`, 'theirs'],
      [`${STACK}-example-reports-pu-c8985ecdaa`, 'theirs'],
      [`${STACK}-example-media-orig-af60f0990e`, 'theirs'],
    ]);
    expect(await replicationRules()).toEqual([
      ['example-documents-a82747f3ed/', `arn:aws:s3:::${STACK}-123456789012-us-east-1-inbound`],
      ['example-reports-published-c8985ecdaa/', `arn:aws:s3:::${STACK}-123456789012-us-east-1-inbound`],
      ['example-reports-published-c8985ecdaa/', `arn:aws:s3:::${STACK}-123456789012-ap-southeast-2-inbound`],
      ['example-media-originals-tif-af60f0990e/', `arn:aws:s3:::${STACK}-123456789012-us-east-1-inbound`],
      // Archives resent to a single region.
      ['_resend-us-east-1/', `arn:aws:s3:::${STACK}-123456789012-us-east-1-inbound`],
      ['_resend-ap-southeast-2/', `arn:aws:s3:::${STACK}-123456789012-ap-southeast-2-inbound`],
    ]);
  });
});

/** An object of a user, and its expected copy. */
interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly body: Buffer;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

const US = 'us-east-1';
const AP = 'ap-southeast-2';
const SMALL: readonly Upload[] = Array.from({ length: 40 }, (_, index) => ({
  bucket: 'example-documents',
  key: `letters/2026 11/${index} + ü.txt`,
  body: Buffer.from(`letter ${index}\n`.repeat(100 * index)),
}));
const WITH_METADATA: Upload = {
  bucket: 'example-documents',
  key: 'contracts/contract.pdf',
  body: randomBytes(200_000),
  contentType: 'application/pdf',
  cacheControl: 'no-store',
  metadata: { 'signed-by': 'someone', revision: '3' },
  tags: [
    { key: 'retention', value: '10 years' },
    { key: 'department', value: 'legal/eu' },
  ],
};
const LARGE: Upload = {
  bucket: 'example-documents',
  key: 'backup.bin',
  body: Buffer.concat([randomBytes(8 * MIB), Buffer.alloc(12 * MIB, 'not random '), randomBytes(MIB)]),
  contentType: 'application/x-backup',
};
const REPORT: Upload = {
  bucket: 'example-reports',
  key: 'published/q3.csv',
  body: Buffer.from('a,b\n1,2\n'.repeat(5000)),
};
const PICTURE: Upload = { bucket: 'example-media', key: 'originals/a.tif', body: randomBytes(50_000) };
const LEFT_ALONE: readonly Upload[] = [
  { bucket: 'example-reports', key: 'drafts/q3.csv', body: Buffer.from('draft') },
  { bucket: 'example-media', key: 'originals/a.jpg', body: Buffer.from('jpg') },
  { bucket: 'example-media', key: 'previews/a.tif', body: Buffer.from('preview') },
];

async function put({ bucket, key, body, contentType, cacheControl, metadata, tags = [] }: Upload): Promise<void> {
  const { s3 } = clients(SOURCE);
  const object: PutObjectCommandInput = {
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    CacheControl: cacheControl,
    Metadata: metadata,
    ...(tags.length > 0 && {
      Tagging: new URLSearchParams(Object.fromEntries(tags.map((tag) => [tag.key, tag.value]))).toString(),
    }),
  };
  if (body.length < 16 * MIB) {
    await s3.send(new PutObjectCommand({ ...object, Body: body }));
    return;
  }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  for (let start = 0; start < body.length; start += 8 * MIB) {
    const part = { Bucket: bucket, Key: key, UploadId, PartNumber: Parts.length + 1 };
    const Body = body.subarray(start, start + 8 * MIB);
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body }));
    Parts.push({ PartNumber: part.PartNumber, ETag });
  }
  await s3.send(new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId, MultipartUpload: { Parts } }));
}

/** The differences of the object in the target bucket; undefined if it is missing. */
function differences(upload: Upload, region: string, bucket: string, storageClass = 'STANDARD', prefix = '') {
  const { key, body, contentType = 'application/octet-stream', cacheControl, metadata = {}, tags = [] } = upload;
  const headers = { contentType, ...(cacheControl !== undefined && { cacheControl }) };
  const sha256 = createHash('sha256').update(body).digest('hex');
  const expected = { key: `${prefix}${key}`, etag: '', size: body.length, sha256, begun: 0 };
  const attributes = { headers, metadata, tags, storageClass };
  return compareObject({ s3: clients(region).s3, bucket }, { ...expected, attributes }, storageClass);
}

describe('objects written to the source buckets', () => {
  beforeAll(async () => {
    for (const upload of [...SMALL, WITH_METADATA, LARGE, REPORT, PICTURE, ...LEFT_ALONE]) await put(upload);
    await pipeline?.idle();
  }, 10 * MINUTES);

  test('exist at their targets, identical in every respect', async () => {
    for (const upload of [...SMALL, WITH_METADATA, LARGE]) {
      expect([upload.key, await differences(upload, US, 'example-documents-copy')]).toEqual([upload.key, []]);
    }
  });

  test('reach every region of their rule, in the storage class of each', async () => {
    expect(await differences(REPORT, US, 'example-reports-us', 'STANDARD_IA')).toEqual([]);
    expect(await differences(REPORT, AP, 'example-reports-ap', 'INTELLIGENT_TIERING')).toEqual([]);
  });

  test('get the prefix of the destination', async () => {
    expect(await differences(PICTURE, US, 'example-media-archive', 'STANDARD', 'eu-west-1/')).toEqual([]);
  });

  test('do not cross if they match no rule', async () => {
    expect(await keysIn(US, 'example-reports-us')).toEqual(['published/q3.csv']);
    expect(await keysIn(AP, 'example-reports-ap')).toEqual(['published/q3.csv']);
    expect(await keysIn(US, 'example-media-archive')).toEqual(['eu-west-1/originals/a.tif']);
    expect(await keysIn(US, 'example-documents-copy')).toHaveLength(SMALL.length + 2);
  });

  test('cross as archives that go only to the regions of their rule and are deleted once restored', async () => {
    const toAp = pipeline?.replicated.filter((copy) => copy.endsWith('ap-southeast-2-inbound')) ?? [];
    expect(toAp.length).toBeGreaterThan(0);
    expect(toAp.filter((copy) => !copy.startsWith('example-reports-published-c8985ecdaa/'))).toEqual([]);
    for (const { region, bucket } of INBOUND) expect(await keysIn(region, bucket)).toEqual([]);
  });

  test('leave no message, no failure and no dead letter', async () => {
    const left = await Promise.all(
      deployed('AWS::SQS::Queue').map(async ({ region, physicalId }) => [
        physicalId,
        await waiting(region, physicalId),
      ]),
    );
    expect(left.filter(([, count]) => count !== 0)).toEqual([]);
    expect(pipeline?.failures).toEqual([]);
  });
});

describe('an update that removes a rule', () => {
  const SUCCESSOR: Upload = { bucket: 'example-reports', key: 'published/q4.csv', body: Buffer.from('later') };

  beforeAll(async () => {
    await pipeline?.stop();
    pipeline = undefined;
    await rehearsal.stopFunctions();
    await cp(EXAMPLE, folder, { recursive: true });
    const file = join(folder, 'replication_config.json');
    const former = JSON.parse(await readFile(file, 'utf8')) as {
      replication_configuration: { source: { bucket: string } }[];
    };
    const rules = former.replication_configuration.filter(({ source }) => source.bucket !== 'example-documents');
    await writeFile(file, JSON.stringify({ ...former, replication_configuration: rules }));
    const configuration = await loadConfiguration(folder);
    await writeDeploymentFiles(await makeDeploymentFiles(configuration, folder), folder);
    await rehearsal.upload(await expandTemplate(join(folder, 'template.yaml')));
    await image.replaceConfiguration(folder);
    // As docs/deployment.md says: sources first when rules are removed.
    for (const { region, stage } of deploymentSteps(planRegions(configuration)).toReversed()) {
      await rehearsal.deploy(STACK, region, stage, image);
    }
    pipeline = await Pipeline.start(rehearsal);
    await put(SUCCESSOR);
    await put({ bucket: 'example-documents', key: 'too-late.txt', body: Buffer.from('too late') });
    await pipeline.idle();
  }, 10 * MINUTES);

  test('removes its notification and queues, and keeps those of others', async () => {
    expect(await Promise.all((USERS_BUCKETS[SOURCE] ?? []).map(notifications))).toEqual([
      ['theirs'],
      [`${STACK}-example-reports-pu-c8985ecdaa`, 'theirs'],
      [`${STACK}-example-media-orig-af60f0990e`, 'theirs'],
    ]);
    const prefixes = (await replicationRules()).map(([prefix]) => prefix);
    expect(prefixes).toEqual([
      'example-reports-published-c8985ecdaa/',
      'example-reports-published-c8985ecdaa/',
      'example-media-originals-tif-af60f0990e/',
      '_resend-us-east-1/',
      '_resend-ap-southeast-2/',
      'example-documents-a82747f3ed/',
    ]);
    const { QueueUrls = [] } = await clients(SOURCE).sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.filter((url) => url.includes('example-documents'))).toEqual([]);
  });

  test('keeps the other rules working', async () => {
    expect(await differences(SUCCESSOR, AP, 'example-reports-ap', 'INTELLIGENT_TIERING')).toEqual([]);
    expect(await differences(SUCCESSOR, US, 'example-reports-us', 'STANDARD_IA')).toEqual([]);
    expect(await keysIn(US, 'example-documents-copy')).not.toContain('too-late.txt');
    expect(pipeline?.failures).toEqual([]);
  });
});

describe('removing all stacks', () => {
  const objects = new Map<string, string[]>();

  beforeAll(async () => {
    await pipeline?.stop();
    pipeline = undefined;
    const archive = { Bucket: OUTBOUND, Key: 'some-rule/not-yet-replicated.tar.zst', Body: 'archive' };
    await clients(SOURCE).s3.send(new PutObjectCommand(archive));
    for (const [region, buckets] of Object.entries(USERS_BUCKETS)) {
      for (const bucket of buckets) objects.set(bucket, await keysIn(region, bucket));
    }
  });

  test('stops at an outbound bucket that still holds archives', async () => {
    await expect(rehearsal.remove(STACK, SOURCE)).rejects.toThrow(/not empty/);
  });

  test(
    'removes everything of ours and nothing else, once our buckets are empty',
    async () => {
      for (const { region, bucket } of [{ region: SOURCE, bucket: OUTBOUND }, ...INBOUND]) await empty(region, bucket);
      for (const region of removalOrder(planRegions(await loadConfiguration(EXAMPLE)))) {
        await rehearsal.remove(STACK, region);
      }
      expect(rehearsal.resources).toEqual([]);
      expect(await Promise.all((USERS_BUCKETS[SOURCE] ?? []).map(notifications))).toEqual([
        ['theirs'],
        ['theirs'],
        ['theirs'],
      ]);
      for (const [region, buckets] of Object.entries(USERS_BUCKETS)) {
        for (const bucket of buckets)
          expect([bucket, await keysIn(region, bucket)]).toEqual([bucket, objects.get(bucket)]);
        const { QueueUrls = [] } = await clients(region).sqs.send(new ListQueuesCommand({}));
        expect(QueueUrls.map((url) => url.split('/').at(-1))).toEqual(region === SOURCE ? [THEIRS] : []);
      }
    },
    10 * MINUTES,
  );
});

/** Does what "Empty" in the console does. */
async function empty(region: string, Bucket: string): Promise<void> {
  const { s3 } = clients(region);
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers]) {
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }
}
