import { beforeEach, describe, expect, test } from '@jest/globals';
import { DELIVERY_RESERVE } from '../../../src/deployment/deliver-response.ts';
import type { DeploymentDependencies } from '../../../src/deployment/dependencies.ts';
import { ConfigurationRefusedError } from '../../../src/deployment/errors.ts';
import { handleStackRequest } from '../../../src/deployment/handle-stack-request.ts';
import { MemoryDeployment } from '../../support/memory-deployment.ts';

const URL = 'https://answers.example/signed?secret';
const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:logs';
const NOTIFICATION = {
  ServiceToken: 'arn:aws:lambda:eu-west-1:123456789012:function:deployment',
  Bucket: 'data',
  Notifications: [{ Id: 'ours', QueueArn: QUEUE }],
};

interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

let s3: MemoryDeployment;
let sent: { url: string; text: string }[];
let statuses: (number | Error)[];

beforeEach(() => {
  s3 = new MemoryDeployment();
  s3.notificationsOf.set('data', []);
  sent = [];
  statuses = [];
});

function request(RequestType: string, overrides: Record<string, unknown> = {}) {
  return {
    RequestType,
    ResponseURL: URL,
    StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1',
    RequestId: 'request-1',
    LogicalResourceId: 'SourceNotifications',
    ResourceType: 'Custom::BucketNotification',
    ...(RequestType !== 'Create' && { PhysicalResourceId: 'SourceNotifications:data' }),
    ResourceProperties: NOTIFICATION,
    ...overrides,
  };
}

interface Circumstances {
  readonly milliseconds?: number;
  readonly prepare?: () => Promise<DeploymentDependencies>;
}

async function serve(event: unknown, { milliseconds = 60_000, prepare }: Circumstances = {}): Promise<Answer> {
  const send = (url: string, text: string): Promise<number> => {
    sent.push({ url, text });
    const outcome = statuses.shift() ?? 200;
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  await handleStackRequest(
    { event, remainingMilliseconds: milliseconds, logStream: 'log-1' },
    prepare ?? (() => Promise.resolve(s3)),
    { send, waiting: s3.patience, log: s3.log },
  );
  return JSON.parse(sent.at(-1)?.text ?? '') as Answer;
}

describe('handleStackRequest', () => {
  test('logs each resource that it served, and none that failed', async () => {
    await serve(request('Create'));
    const attributes = { resource: 'SourceNotifications', type: 'Custom::BucketNotification', request: 'Create' };
    expect(s3.notes).toEqual([{ text: 'Resource served', attributes }]);
    await serve(request('Create', { ResourceProperties: {} }));
    expect(s3.notes).toHaveLength(1);
    expect(s3.failures).toHaveLength(1);
  });

  test('responds to a creation with the fields that CloudFormation requires, a stable id and attributes', async () => {
    const answer = await serve(request('Create'));
    expect(answer).toEqual({
      Status: 'SUCCESS',
      StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/s/1',
      RequestId: 'request-1',
      LogicalResourceId: 'SourceNotifications',
      PhysicalResourceId: 'SourceNotifications:data',
      Data: { Bucket: 'data' },
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe(URL);
    expect(s3.notificationsOf.get('data')).toMatchObject([{ id: 'ours', destination: QUEUE }]);
  });

  test('keeps the id if an update stays on the bucket, and changes it if the bucket changes', async () => {
    await serve(request('Create'));
    const Notifications = [{ Id: 'ours', QueueArn: QUEUE, Prefix: 'logs/' }];
    const changed = { ...NOTIFICATION, Notifications };
    const update = request('Update', { ResourceProperties: changed, OldResourceProperties: NOTIFICATION });
    expect((await serve(update)).PhysicalResourceId).toBe('SourceNotifications:data');
    expect(s3.notificationsOf.get('data')).toMatchObject([{ id: 'ours', prefix: 'logs/' }]);

    s3.notificationsOf.set('other', []);
    const moved = request('Update', {
      ResourceProperties: { ...changed, Bucket: 'other' },
      OldResourceProperties: changed,
    });
    expect((await serve(moved)).PhysicalResourceId).toBe('SourceNotifications:other');
    // CloudFormation deletes what was replaced once the whole update has succeeded.
    expect(s3.notificationsOf.get('data')).toHaveLength(1);
    await serve(request('Delete', { ResourceProperties: changed }));
    expect(s3.notificationsOf.get('data')).toEqual([]);
    expect(s3.notificationsOf.get('other')).toHaveLength(1);
  });

  test('responds to a repeated request as it did the first time', async () => {
    expect(await serve(request('Create'))).toEqual(await serve(request('Create')));
    expect(s3.writes).toBe(1);
    expect(await serve(request('Delete'))).toEqual(await serve(request('Delete')));
    expect(s3.notificationsOf.get('data')).toEqual([]);
  });

  test('allows the deletion of a stack whose resource was never created', async () => {
    s3.notificationsOf.clear();
    const failed = await serve(request('Create'));
    expect(failed).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('Bucket data does not exist') });
    const { PhysicalResourceId } = failed;
    expect(await serve(request('Delete', { PhysicalResourceId }))).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId,
    });

    const ResourceProperties = { Bucket: '' };
    expect((await serve(request('Create', { ResourceProperties }))).Status).toBe('FAILED');
    expect((await serve(request('Delete', { ResourceProperties }))).Status).toBe('SUCCESS');
  });

  test('removes a resource of another release, even with unknown or missing properties', async () => {
    await serve(request('Create'));
    const [entry] = NOTIFICATION.Notifications;
    const Notifications = [{ ...entry, Priority: '7', Prefix: ['logs/'] }, 'something else'];
    const ResourceProperties = { ...NOTIFICATION, Notifications, Mode: 'new' };
    expect((await serve(request('Delete', { ResourceProperties }))).Status).toBe('SUCCESS');
    expect(s3.notificationsOf.get('data')).toEqual([]);
  });

  test('replaces a resource of another release', async () => {
    await serve(request('Create'));
    const OldResourceProperties = { ...NOTIFICATION, Mode: 'old' };
    const Notifications = [{ Id: 'renamed', QueueArn: QUEUE }];
    const update = request('Update', { ResourceProperties: { ...NOTIFICATION, Notifications }, OldResourceProperties });
    expect((await serve(update)).Status).toBe('SUCCESS');
    expect(s3.notificationsOf.get('data')).toMatchObject([{ id: 'renamed' }]);
  });

  test.each([
    ['with their buckets', { Rules: [{ Id: 'a', DestinationBucket: 'inbound' }] }],
    ['with their regions', { Destinations: [{ Region: 'r', Bucket: 'inbound' }], Rules: [{ Id: 'a', Region: 'r' }] }],
  ])('removes replication rules that another release wrote %s', async (_how, rules) => {
    const rule = { priority: 1, prefix: 'a/', replicaKmsKeyArn: '', text: '<a>', isIntact: true };
    s3.replicationOf.set('data', { role: 'r', rules: [{ ...rule, id: 'a', destinationBucket: 'inbound' }] });
    const ResourceProperties = { Bucket: 'data', ...rules, Mode: 'new' };
    const overrides = { ResourceType: 'Custom::ReplicationRules', LogicalResourceId: 'Rules', ResourceProperties };
    expect((await serve(request('Delete', overrides))).Status).toBe('SUCCESS');
    expect(s3.replicationOf.get('data')?.rules).toEqual([]);
  });

  test('refuses a replication rule to a region without a destination', async () => {
    const Destinations = [{ Region: 'us-east-1', Bucket: 'inbound' }];
    const Rules = [{ Id: 'a', ArchivePrefix: 'a/', Region: 'eu-west-1' }];
    const ResourceProperties = { Bucket: 'data', RoleArn: 'arn:aws:iam::1:role/x', Destinations, Rules };
    const overrides = { ResourceType: 'Custom::ReplicationRules', LogicalResourceId: 'Rules', ResourceProperties };
    expect(await serve(request('Create', overrides))).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('Rules.0.Region: is not among Destinations'),
    });
  });

  test('responds to invalid properties with every problem, the code and the log stream', async () => {
    const ResourceProperties = { Bucket: 'data', Notification: [], Notifications: [{ Id: 'a b', QueueArn: 'queue' }] };
    const answer = await serve(request('Create', { ResourceProperties }));
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'SourceNotifications' });
    for (const part of [
      'Notifications.0.Id',
      'Notifications.0.QueueArn',
      '"Notification"',
      'RESOURCE_INVALID',
      'log-1',
    ]) {
      expect(answer.Reason).toContain(part);
    }
  });

  test.each([
    ['an unknown type', { ResourceType: 'Custom::Other' }],
    ['an unknown kind of request', { RequestType: 'Refresh' }],
  ])('responds to %s', async (_what, overrides) => {
    expect(await serve(request('Create', overrides))).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('RESOURCE_INVALID'),
    });
  });

  test('responds after a crash of our own code, and logs it', async () => {
    s3.beforeWrite = () => {
      throw new TypeError('undefined is not a function');
    };
    const { Reason } = await serve(request('Create'));
    expect(Reason).toMatch(/TypeError: undefined is not a function.*UNEXPECTED/);
    expect(s3.failures).toMatchObject([{ error: { code: 'UNEXPECTED' } }]);
  });

  test('responds even if its preparation fails', async () => {
    const prepare = () => Promise.reject(new Error('no environment'));
    expect(await serve(request('Create'), { prepare })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('no environment'),
    });
  });

  test('responds before Lambda ends it, and writes nothing afterwards', async () => {
    const late = Promise.withResolvers<DeploymentDependencies>();
    const answer = await serve(request('Create'), {
      milliseconds: DELIVERY_RESERVE + 5,
      prepare: () => late.promise,
    });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('DEPLOYMENT_TIME_EXCEEDED') });
    late.resolve(s3);
    await late.promise;
    await new Promise(setImmediate);
    expect(s3.writes).toBe(0);
    expect(sent).toHaveLength(1);
  });

  test('retries refusals until a response is due, and then reports the refusal', async () => {
    let attempts = 0;
    s3.beforeWrite = () => {
      attempts += 1;
      throw new ConfigurationRefusedError('Unable to validate the destination');
    };
    const answer = await serve(request('Create'), { milliseconds: 300_000 });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('CONFIGURATION_REFUSED') });
    expect(s3.clock).toBeGreaterThan(260_000);
    expect(s3.clock).toBeLessThanOrEqual(280_000);
    expect(attempts).toBeGreaterThan(20);
  });

  test('uses a permission that takes five minutes to arrive', async () => {
    s3.beforeWrite = () => {
      if (s3.clock < 250_000) throw new ConfigurationRefusedError('Unable to validate the destination');
    };
    expect((await serve(request('Create'), { milliseconds: 300_000 })).Status).toBe('SUCCESS');
  });

  test('keeps a response within 4,096 bytes, whatever the message, with its code and log', async () => {
    s3.beforeWrite = () => {
      throw new Error('"é🙂\n'.repeat(2000));
    };
    const answer = await serve(request('Create'));
    expect(Buffer.byteLength(sent[0]?.text ?? '')).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(sent[0]?.text ?? '')).toBeGreaterThan(3500);
    expect(answer.Reason).toMatch(/\(truncated; see the log\) \[UNEXPECTED; log stream log-1\]$/);
    expect(answer.Reason?.isWellFormed()).toBe(true);
  });

  test('fails instead of sending more attributes than CloudFormation accepts', async () => {
    const TargetRegions = Array.from({ length: 200 }, (_, index) => `us-east-${index}`);
    const event = request('Create', { ResourceType: 'Custom::Prices', ResourceProperties: { TargetRegions } });
    expect(await serve(event)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('4096 bytes') });
  });

  test('sends the response again after failures and broken connections', async () => {
    statuses = [503, new Error('reset'), 200];
    expect((await serve(request('Create'))).Status).toBe('SUCCESS');
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
  });

  test('throws an error without the signed URL if delivery fails, so that Lambda retries', async () => {
    statuses = [500, 500, 500, 500];
    const failure: unknown = await serve(request('Create')).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'ANSWER_UNDELIVERED' });
    expect(String(failure)).not.toContain('secret');
  });

  test('throws for an event that is not from CloudFormation, since nothing waits for a response', async () => {
    await expect(serve({ Records: [] })).rejects.toMatchObject({ code: 'RESOURCE_INVALID' });
    expect(sent).toEqual([]);
  });

  test('returns prices as JSON in an attribute', async () => {
    const ResourceProperties = { TargetRegions: ['us-east-1'] };
    const { Data, PhysicalResourceId } = await serve(
      request('Create', { LogicalResourceId: 'Prices', ResourceType: 'Custom::Prices', ResourceProperties }),
    );
    expect(PhysicalResourceId).toBe('Prices');
    expect(Data).toMatchObject({ PricesDate: '2026-01-31', PricesSource: 'prices.json' });
    expect(JSON.parse(Data?.['Prices'] ?? '')).toMatchObject({ transfer_gb: { 'us-east-1': 0.02 } });
  });

  test('accepts prices of a private contract as JSON, and rejects invalid ones', async () => {
    const prices = (OwnPrices: string) =>
      serve(
        request('Create', {
          LogicalResourceId: 'Prices',
          ResourceType: 'Custom::Prices',
          ResourceProperties: { TargetRegions: ['us-east-1'], OwnPrices },
        }),
      );
    const own = { date: '2026-05-01', source: 'contract', transfer_gb: { 'eu-west-1': { 'us-east-1': 0.012 } } };
    const { Data } = await prices(JSON.stringify(own));
    expect(JSON.parse(Data?.['Prices'] ?? '')).toMatchObject({ transfer_gb: { 'us-east-1': 0.012 } });
    const { Status, Reason } = await prices('{"date": "2026-05-01", "s3_put_request": 0}');
    expect(Status).toBe('FAILED');
    expect(Reason).toContain('OwnPrices');
  });

  test.each(['Custom::SourceChecks', 'Custom::TargetChecks'])('serves %s, and has nothing to delete', async (type) => {
    const ResourceProperties = { Buckets: [{ Bucket: 'data' }] };
    const overrides = { ResourceType: type, LogicalResourceId: 'Checks', ResourceProperties };
    expect((await serve(request('Create', overrides))).Reason).toContain('bucket data does not exist');
    s3.bucketFacts.set('data', { region: 'eu-west-1', versioned: false });
    expect(await serve(request('Create', overrides))).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'Checks',
    });
    expect(await serve(request('Delete', overrides))).toMatchObject({ Status: 'SUCCESS' });
  });
});
