import { createServer, type IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { createRegionClients, destroyRegionClients, type RegionClients } from '../../local-cloud/region-clients.ts';
import { createDeploymentHandler } from '../../src/wiring/deployment.ts';
import { type RecordedRequest, type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

const REGION = 'eu-west-1';
const QUEUE = `arn:aws:sqs:${REGION}:123456789012:rule`;
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/inbound';
const ROLE = 'arn:aws:iam::123456789012:role/replication';
const THEIR_QUEUE = `arn:aws:sqs:${REGION}:123456789012:theirs`;
const CONFIGURATION = fileURLToPath(new URL('../../configuration', import.meta.url));

/** A clock whose waits end at once. */
class SkippedWaits {
  #skipped = 0;

  readonly now = (): number => Date.now() + this.#skipped;
  readonly random = (): number => 0.5;
  readonly sleep = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    this.#skipped += milliseconds;
    await setImmediate(undefined, { signal });
  };
}

let server: AwsServer;
let clients: RegionClients;
/** CloudFormation's side of the answer URL, plus KMS and the Price List, which moto does not serve here. */
let stack: RecordingServer;
let services: RecordingServer;
let handler: ReturnType<typeof createDeploymentHandler>;
let environment: NodeJS.ProcessEnv;
let round = 0;
let bucket: string;

beforeAll(async () => {
  server = await startAwsServer({ region: REGION });
  clients = createRegionClients(REGION, server.endpoint);
  stack = await startRecordingServer();
  services = await startRecordingServer();
  services.script(answerService);
  environment = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ENDPOINT_URL_KMS: services.endpoint,
    AWS_ENDPOINT_URL_PRICING: services.endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // These tests are about refusals.
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  handler = createDeploymentHandler({ AWS_REGION: REGION, CONFIGURATION_DIRECTORY: CONFIGURATION }, new SkippedWaits());
  for (const name of ['rule', 'theirs']) await clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
  const target = createRegionClients('us-east-1', server.endpoint);
  await target.s3.send(new CreateBucketCommand({ Bucket: 'inbound' }));
  await turnVersioningOn(target.s3, 'inbound');
  destroyRegionClients(target);
});

afterAll(async () => {
  process.env = environment;
  destroyRegionClients(clients);
  await Promise.all([server.stop(), stack.stop(), services.stop()]);
});

beforeEach(async () => {
  round += 1;
  bucket = `bucket-${round}`;
  await clients.s3.send(
    new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
});

afterEach(() => {
  stack.script({ status: 200 });
});

async function turnVersioningOn(s3: S3Client, name: string): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }));
}

function answerService({ headers, body }: RecordedRequest) {
  const target = headers['x-amz-target'] ?? '';
  const respond = (value: unknown) => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(value),
  });
  if (target === 'TrentService.DescribeKey') {
    const metadata = { KeyId: 'inbound', Enabled: true, KeyState: 'Enabled' };
    return respond({ KeyMetadata: { ...metadata, KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' } });
  }
  const { Filters } = JSON.parse(body.toString()) as { Filters: { Field: string; Value: string }[] };
  const asked = new Map(Filters.map(({ Field, Value }) => [Field, Value]));
  if (asked.get('transferType') !== 'InterRegion Outbound') return respond({ PriceList: [] });
  return respond({ PriceList: [transferProduct(asked)] });
}

/** In the shape of the Price List: a free tier, then two paid ones. */
function transferProduct(attributes: ReadonlyMap<string, string>): string {
  const tier = (beginRange: string, USD: string) => ({ unit: 'GB', beginRange, pricePerUnit: { USD } });
  const priceDimensions = {
    'SKU.T.3': tier('1000', '0.0100000000'),
    'SKU.T.1': tier('0', '0.0000000000'),
    'SKU.T.2': tier('1', '0.0170000000'),
  };
  return JSON.stringify({
    product: { sku: 'SKU', attributes: Object.fromEntries(attributes) },
    terms: { OnDemand: { 'SKU.T': { priceDimensions } } },
  });
}

interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data: Readonly<Record<string, string>>;
}

async function request(
  type: string,
  kind: 'Create' | 'Update' | 'Delete',
  properties: unknown,
  former?: unknown,
  by = handler,
) {
  const event = {
    RequestType: kind,
    ResponseURL: `${stack.endpoint}/answer?signature=abc%2Bdef`,
    StackId: 'stack-1',
    RequestId: 'request-1',
    LogicalResourceId: 'Resource',
    ResourceType: `Custom::${type}`,
    ...(kind !== 'Create' && { PhysicalResourceId: 'Resource:x' }),
    ResourceProperties: properties,
    ...(kind === 'Update' && { OldResourceProperties: former }),
  };
  await by(event, {
    getRemainingTimeInMillis: () => 60_000,
    invokedFunctionArn: `arn:aws:lambda:${REGION}:123456789012:function:deployment`,
    logStreamName: 'log',
  });
  return JSON.parse(stack.requests.at(-1)?.body.toString() ?? '') as Answer;
}

function notification(Bucket: string, Prefix: string) {
  return { Bucket, Notifications: [{ Id: 'ours', QueueArn: QUEUE, Prefix, Suffix: '.csv' }] };
}

function replicationRules(Bucket: string, ...ids: string[]) {
  const Destinations = [{ Region: 'us-east-1', Bucket: 'inbound', ReplicaKmsKeyArn: KEY }];
  const Rules = ids.map((Id) => ({ Id, ArchivePrefix: `${Id}/`, Region: 'us-east-1' }));
  return { Bucket, RoleArn: ROLE, Destinations, Rules };
}

async function notifications() {
  const answer = await clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
  return { ...answer, $metadata: undefined };
}

describe('the response', () => {
  test('is PUT to the URL as CloudFormation signed it, without a content type', async () => {
    await request('BucketNotification', 'Create', notification(bucket, ''));
    const [sent] = stack.requests;
    expect(sent).toMatchObject({ method: 'PUT', url: '/answer?signature=abc%2Bdef' });
    expect(sent?.headers['content-type']).toBeUndefined();
    expect(sent?.headers['content-length']).toBe(String(sent?.body.length));
  });

  test('is retried when the URL breaks connections or returns 503', async () => {
    stack.script('reset', { status: 503 }, { status: 200 });
    const { Status } = await request('BucketNotification', 'Create', notification(bucket, ''));
    expect(Status).toBe('SUCCESS');
    expect(stack.requests).toHaveLength(3);
  });
});

describe('Custom::BucketNotification', () => {
  const THEIRS = {
    Id: 'theirs',
    QueueArn: THEIR_QUEUE,
    Events: ['s3:ObjectCreated:*' as const],
    Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'images/' }] } },
  };

  test('is created, changed and deleted without touching the notification of someone else', async () => {
    const put = { Bucket: bucket, NotificationConfiguration: { QueueConfigurations: [THEIRS] } };
    await clients.s3.send(new PutBucketNotificationConfigurationCommand(put));
    const before = await notifications();

    const created = notification(bucket, 'logs/');
    expect(await request('BucketNotification', 'Create', created)).toMatchObject({ Status: 'SUCCESS' });
    const [theirs, ours] = (await notifications()).QueueConfigurations ?? [];
    expect(theirs).toEqual(before.QueueConfigurations?.[0]);
    expect(ours).toMatchObject({
      Id: 'ours',
      QueueArn: QUEUE,
      Events: ['s3:ObjectCreated:*'],
      Filter: {
        Key: {
          FilterRules: [
            { Name: 'prefix', Value: 'logs/' },
            { Name: 'suffix', Value: '.csv' },
          ],
        },
      },
    });

    const changed = notification(bucket, 'logs/app/');
    expect(await request('BucketNotification', 'Update', changed, created)).toMatchObject({ Status: 'SUCCESS' });
    expect((await notifications()).QueueConfigurations).toHaveLength(2);
    expect(await request('BucketNotification', 'Update', notification(bucket, 'images/2026/'), changed)).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/"theirs".*NOTIFICATION_CONFLICT/s),
    });
    expect(await request('BucketNotification', 'Delete', changed)).toMatchObject({ Status: 'SUCCESS' });
    expect(await notifications()).toEqual(before);
  });

  test('lets a stack be deleted after its bucket is gone', async () => {
    await request('BucketNotification', 'Create', notification(bucket, ''));
    await clients.s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    expect(await request('BucketNotification', 'Delete', notification(bucket, ''))).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(await request('BucketNotification', 'Create', notification(bucket, ''))).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining(`Bucket ${bucket} does not exist`),
    });
  });
});

describe('Custom::ReplicationRules', () => {
  async function rules() {
    const { ReplicationConfiguration } = await clients.s3.send(new GetBucketReplicationCommand({ Bucket: bucket }));
    return ReplicationConfiguration;
  }

  beforeEach(() => turnVersioningOn(clients.s3, bucket));

  test('are created, changed and deleted without touching the rule of someone else', async () => {
    const theirs = {
      ID: 'theirs',
      Priority: 1,
      Status: 'Enabled' as const,
      Filter: { Prefix: 'elsewhere/' },
      DeleteMarkerReplication: { Status: 'Enabled' as const },
      Destination: { Bucket: 'arn:aws:s3:::inbound', StorageClass: 'GLACIER_IR' as const },
    };
    const ReplicationConfiguration = { Role: ROLE, Rules: [theirs] };
    await clients.s3.send(new PutBucketReplicationCommand({ Bucket: bucket, ReplicationConfiguration }));
    const before = await rules();

    const created = replicationRules(bucket, 'a', 'b');
    expect(await request('ReplicationRules', 'Create', created)).toMatchObject({ Status: 'SUCCESS' });
    const [first, ...ours] = (await rules())?.Rules ?? [];
    expect(first).toEqual(before?.Rules?.[0]);
    expect(ours.map(({ ID, Priority }) => [ID, Priority])).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
    expect(ours[0]).toEqual({
      ID: 'a',
      Priority: 2,
      Status: 'Enabled',
      Filter: { Prefix: 'a/' },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      Destination: {
        Bucket: 'arn:aws:s3:::inbound',
        EncryptionConfiguration: { ReplicaKmsKeyID: KEY },
        Metrics: { Status: 'Enabled' },
      },
      DeleteMarkerReplication: { Status: 'Disabled' },
    });

    const changed = replicationRules(bucket, 'b', 'c');
    expect(await request('ReplicationRules', 'Update', changed, created)).toMatchObject({ Status: 'SUCCESS' });
    // A rule that is no longer wanted stays in effect until the next change.
    const placed = async () => (await rules())?.Rules?.map(({ ID, Priority }) => [ID, Priority]);
    expect(await placed()).toEqual([
      ['theirs', 1],
      ['b', 3],
      ['c', 2],
      ['a', 10_000],
    ]);
    expect((await rules())?.Rules?.at(-1)).toEqual({ ...ours[0], Priority: 10_000 });
    const next = replicationRules(bucket, 'b', 'c', 'd');
    expect(await request('ReplicationRules', 'Update', next, changed)).toMatchObject({ Status: 'SUCCESS' });
    expect(await placed()).toEqual([
      ['theirs', 1],
      ['b', 3],
      ['c', 2],
      ['d', 4],
    ]);
    expect(await request('ReplicationRules', 'Delete', next)).toMatchObject({ Status: 'SUCCESS' });
    expect(await rules()).toEqual(before);
  });

  test('leave no configuration behind', async () => {
    expect(await request('ReplicationRules', 'Create', replicationRules(bucket, 'a'))).toMatchObject({
      Status: 'SUCCESS',
    });
    await expect(rules()).resolves.toBeDefined();
    expect(await request('ReplicationRules', 'Delete', replicationRules(bucket, 'a'))).toMatchObject({
      Status: 'SUCCESS',
    });
    await expect(rules()).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
    expect(await request('ReplicationRules', 'Delete', replicationRules(bucket, 'a'))).toMatchObject({
      Status: 'SUCCESS',
    });
  });

  test('are refused before anything is written when a destination does not exist', async () => {
    const properties = replicationRules(bucket, 'a');
    const Destinations = [{ Region: 'us-east-1', Bucket: 'inbound-of-nobody' }];
    expect(await request('ReplicationRules', 'Create', { ...properties, Destinations })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('Deploy us-east-1 first'),
    });
    await expect(rules()).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
  });
});

describe('Custom::SourceChecks', () => {
  test('checks buckets in their own regions', async () => {
    const check = (Bucket: string) => request('SourceChecks', 'Create', { Buckets: [{ Bucket }] });
    expect(await check(bucket)).toMatchObject({ Status: 'SUCCESS' });
    expect(await check('bucket-of-nobody')).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('does not exist'),
    });
    expect(await check('inbound')).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('is in us-east-1'),
    });
  });
});

describe('Custom::Prices', () => {
  test('takes the first paid tier from the Price List, and the rest from the committed file', async () => {
    const { Status, Data } = await request('Prices', 'Create', { TargetRegions: ['us-east-1', 'ap-southeast-2'] });
    expect(Status).toBe('SUCCESS');
    expect(Data['PricesSource']).toBe('AWS Price List, prices.json');
    expect(JSON.parse(Data['Prices'] ?? '')).toMatchObject({
      lambda_gb_second: 0.0000133334,
      transfer_gb: { 'us-east-1': 0.017, 'ap-southeast-2': 0.017 },
    });
  });
});

describe('services that refuse', () => {
  const refusal = (type: string) => ({
    status: 400,
    body: JSON.stringify({ __type: type, message: 'said the service' }),
  });

  afterEach(() => {
    services.script(answerService);
  });

  test('leave prices to the committed file', async () => {
    services.script(refusal('AccessDeniedException'));
    const { Status, Data } = await request('Prices', 'Create', { TargetRegions: ['us-east-1'] });
    expect(Status).toBe('SUCCESS');
    expect(Data['PricesSource']).toBe('prices.json');
    expect(services.requests).toHaveLength(1);
  });

  test('report a key that does not exist', async () => {
    services.script(refusal('NotFoundException'));
    const KmsKeyArn = KEY.replace('us-east-1', REGION);
    expect(await request('TargetChecks', 'Create', { Buckets: [{ Bucket: bucket, KmsKeyArn }] })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/key\/inbound.*does not exist.*KEY_UNUSABLE/),
    });
  });
});

describe('a configuration with parts that no SDK knows', () => {
  test('keeps them byte for byte through create, update and delete', async () => {
    const foreign = [
      '<EventBridgeConfiguration></EventBridgeConfiguration>',
      '<TopicConfiguration><Id>theirs &amp; more</Id><Topic>arn:aws:sns:eu-west-1:1:t</Topic>' +
        '<Event>s3:ObjectRemoved:*</Event><Event>s3:Novelty:*</Event><Later unit="s"><Value>7</Value></Later></TopicConfiguration>',
      '<NoveltyConfiguration enabled="true"/>',
    ];
    const document = `<?xml version="1.0" encoding="UTF-8"?>\n<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${foreign.join('\n  ')}</NotificationConfiguration>`;
    const s3 = await startDocumentServer(document);
    const configured = process.env['AWS_ENDPOINT_URL_S3'];
    try {
      process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
      const other = createDeploymentHandler({ AWS_REGION: REGION, CONFIGURATION_DIRECTORY: CONFIGURATION });
      const created = notification('data', 'logs/');
      const changed = notification('data', 'logs/app/');
      for (const step of [
        () => request('BucketNotification', 'Create', created, undefined, other),
        () => request('BucketNotification', 'Update', changed, created, other),
        () => request('BucketNotification', 'Delete', changed, undefined, other),
      ]) {
        expect(await step()).toMatchObject({ Status: 'SUCCESS' });
        expect(s3.document()).toContain(foreign.join(''));
      }
      expect(s3.document()).not.toContain('QueueConfiguration');
    } finally {
      process.env['AWS_ENDPOINT_URL_S3'] = configured;
      await s3.stop();
    }
  });
});

/** A bucket whose configuration is exactly what was put last, not what a server understood of it. */
async function startDocumentServer(initial: string) {
  let document = initial;
  const http = createServer((incoming: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      if (incoming.method === 'PUT') document = Buffer.concat(chunks).toString();
      response.end(incoming.method === 'GET' ? document : '');
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the document server has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    document: () => document,
    stop: () =>
      new Promise<void>((resolve) => {
        http.close(() => {
          resolve();
        });
        http.closeAllConnections();
      }),
  };
}
