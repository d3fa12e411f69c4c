import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { S3BucketDirectory } from '../../src/aws/deployment/bucket-directory.ts';
import { S3NotificationStore } from '../../src/aws/deployment/bucket-notifications.ts';
import { S3ReplicationStore } from '../../src/aws/deployment/bucket-replication.ts';
import { S3Connection } from '../../src/aws/s3/connection.ts';
import { errorAnswer, type RecordingServer, startRecordingServer } from '../support/recording-server.ts';

const { signal } = new AbortController();
let server: RecordingServer;
let connection: S3Connection;
let clients: S3Client[];

beforeAll(async () => {
  server = await startRecordingServer();
  clients = [];
  connection = new S3Connection(clientOf('eu-west-1'), { sleep: () => Promise.resolve() });
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await connection.close();
  await server.stop();
});

function clientOf(region: string): S3Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({
    region,
    endpoint: server.endpoint,
    credentials,
    followRegionRedirects: true,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

describe('S3BucketDirectory', () => {
  const directory = new S3BucketDirectory(clientOf);

  test('follows the redirect of S3 to the region of a bucket', async () => {
    server.script(({ headers }) =>
      headers['authorization']?.includes('/us-east-1/s3/') === true
        ? { status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }
        : { status: 301, headers: { 'x-amz-bucket-region': 'us-east-1' } },
    );
    await expect(directory.findRegion('data', 'eu-west-1', signal)).resolves.toBe('us-east-1');
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  test('distinguishes a bucket that it may not read from one that does not exist', async () => {
    server.script({ status: 404 });
    await expect(directory.findRegion('data', 'eu-west-1', signal)).resolves.toBeUndefined();
    server.script({ status: 403 });
    await expect(directory.findRegion('data', 'eu-west-1', signal)).rejects.toMatchObject({
      code: 'STORAGE_ACCESS_DENIED',
      message: expect.stringContaining('has no access to bucket data in eu-west-1'),
    });
  });

  test.each([
    ['the ARN of a key', '<KMSMasterKeyID>arn:aws:kms:r:1:key/k</KMSMasterKeyID>', 'arn:aws:kms:r:1:key/k'],
    ['an alias', '<KMSMasterKeyID>alias/ours</KMSMasterKeyID>', 'alias/ours'],
    ["AWS's own key", '<KMSMasterKeyID>arn:aws:kms:r:1:alias/aws/s3</KMSMasterKeyID>', undefined],
    ['no key', '', undefined],
  ])('finds the default key of a bucket that has %s', async (_what, key, found) => {
    const body = `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>${key}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
    server.script({ status: 200, body });
    await expect(directory.findDefaultKey('data', 'eu-west-1', signal)).resolves.toBe(found);
    expect(server.requests[0]?.url).toContain('encryption');
  });

  test.each([
    [403, 'AccessDenied'],
    [404, 'ServerSideEncryptionConfigurationNotFoundError'],
  ])('finds no default key when S3 responds with %d %s', async (status, code) => {
    server.script(errorAnswer(status, code));
    await expect(directory.findDefaultKey('data', 'eu-west-1', signal)).resolves.toBeUndefined();
  });

  test('treats suspended versioning as none, and an outage as an error', async () => {
    server.script({
      status: 200,
      body: '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
    });
    await expect(directory.isVersioned('data', 'eu-west-1', signal)).resolves.toBe(false);
    server.script(errorAnswer(503, 'SlowDown'));
    await expect(directory.isVersioned('data', 'eu-west-1', signal)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });
});

describe('S3NotificationStore', () => {
  const queue = {
    id: 'ours',
    destination: 'arn:aws:sqs:r:1:q',
    events: ['s3:ObjectCreated:*'],
    prefix: 'a%26/',
    suffix: '',
  };

  test('writes a document that S3 can read, with its digest', async () => {
    const store = new S3NotificationStore(connection);
    server.script({ status: 200 });
    await store.replace('data', [], [queue], signal);
    const [sent] = server.requests;
    expect(sent?.url).toBe('/data/?notification=');
    expect(sent?.headers['content-md5']).toBe(
      createHash('md5')
        .update(sent?.body ?? '')
        .digest('base64'),
    );
    expect(sent?.body.toString()).toBe(
      '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><QueueConfiguration>' +
        '<Id>ours</Id><Queue>arn:aws:sqs:r:1:q</Queue><Event>s3:ObjectCreated:*</Event>' +
        '<Filter><S3Key><FilterRule><Name>prefix</Name><Value>a%26/</Value></FilterRule></S3Key></Filter>' +
        '</QueueConfiguration></NotificationConfiguration>',
    );
    server.script({ status: 200, body: sent?.body ?? '' });
    await expect(store.read('data', signal)).resolves.toMatchObject([queue]);
  });

  test('reports what S3 refused as an error that may be retried', async () => {
    server.script(errorAnswer(400, 'InvalidArgument', 'Unable to validate the following destination configurations'));
    await expect(new S3NotificationStore(connection).replace('data', [], [queue], signal)).rejects.toMatchObject({
      code: 'CONFIGURATION_REFUSED',
      retryable: true,
      message: expect.stringContaining('Unable to validate the following destination configurations'),
    });
  });

  test('reports what S3 said about each destination', async () => {
    const parts =
      '<ArgumentName1>arn:aws:sns:r:1:theirs, null</ArgumentName1><ArgumentValue1>Not found</ArgumentValue1>' +
      '<ArgumentName2>arn:aws:sqs:r:1:q, null</ArgumentName2><ArgumentValue2>No permission</ArgumentValue2>';
    const body = `<Error><Code>InvalidArgument</Code><Message>Unable to validate</Message>${parts}</Error>`;
    server.script({ status: 400, body });
    await expect(new S3NotificationStore(connection).replace('data', [], [queue], signal)).rejects.toThrow(
      'Unable to validate (arn:aws:sns:r:1:theirs, null: Not found; arn:aws:sqs:r:1:q, null: No permission)',
    );
  });

  test.each(['<EventBridgeConfiguration/>', '<EventBridgeConfiguration></EventBridgeConfiguration>'])(
    'reads the switch to EventBridge: %s',
    async (text) => {
      server.script({ status: 200, body: `<NotificationConfiguration>${text}</NotificationConfiguration>` });
      await expect(new S3NotificationStore(connection).read('data', signal)).resolves.toMatchObject([
        { text, isEventBridge: true },
      ]);
    },
  );

  test('makes S3 validate the destinations of others only if it adds one of ours', async () => {
    const store = new S3NotificationStore(connection);
    const theirs = { ...queue, text: '<TopicConfiguration>theirs</TopicConfiguration>' };
    server.script({ status: 200 });
    await store.replace('data', [theirs], [queue], signal);
    await store.replace('data', [theirs], [], signal);
    await store.replace('data', [theirs], [{ ...queue, isEventBridge: true }], signal);
    expect(server.requests[2]?.body.toString()).toContain('theirs</TopicConfiguration><EventBridgeConfiguration/></');
    expect(server.requests.map(({ headers }) => headers['x-amz-skip-destination-validation'])).toEqual([
      undefined,
      'true',
      'true',
    ]);
    // S3 refuses requests whose x-amz headers are not all signed.
    expect(server.requests[1]?.headers['authorization']).toContain('x-amz-skip-destination-validation');
  });

  test('retries while another write is in progress', async () => {
    server.script(errorAnswer(409, 'OperationAborted'), { status: 200 });
    await new S3NotificationStore(connection).replace('data', [], [queue], signal);
    expect(server.requests).toHaveLength(2);
  });
});

describe('S3ReplicationStore', () => {
  const rule = { id: 'a', priority: 7, prefix: 'a/', destinationBucket: 'inbound', replicaKmsKeyArn: '' };

  test('reads back its own rules unchanged, in any partition', async () => {
    const store = new S3ReplicationStore(connection, 'aws-cn');
    server.script({ status: 200 });
    const encrypted = { ...rule, id: 'b', replicaKmsKeyArn: 'arn:aws-cn:kms:cn-north-1:1:key/k' };
    await store.replace('out', 'arn:aws-cn:iam::1:role/r', [], [rule, encrypted], signal);
    const document = server.requests[0]?.body.toString() ?? '';
    expect(document).toContain('<Bucket>arn:aws-cn:s3:::inbound</Bucket>');
    server.script({ status: 200, body: document });
    await expect(store.read('out', signal)).resolves.toMatchObject({
      role: 'arn:aws-cn:iam::1:role/r',
      rules: [
        { ...rule, isIntact: true },
        { ...encrypted, isIntact: true },
      ],
    });
    server.script({ status: 200, body: document.replace('<Status>Enabled</Status>', '<Status>Disabled</Status>') });
    const changed = await store.read('out', signal);
    expect(changed?.rules.map(({ isIntact }) => isIntact)).toEqual([false, true]);
  });

  test('distinguishes a bucket without rules from one that does not exist', async () => {
    const store = new S3ReplicationStore(connection, 'aws');
    server.script(errorAnswer(404, 'ReplicationConfigurationNotFoundError'));
    await expect(store.read('out', signal)).resolves.toEqual({ role: '', rules: [] });
    server.script(errorAnswer(404, 'NoSuchBucket'));
    await expect(store.read('out', signal)).resolves.toBeUndefined();
  });
});
