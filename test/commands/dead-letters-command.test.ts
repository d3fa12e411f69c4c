import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { describeDeadLetter } from '../../src/aws/sqs/dead-letter-attributes.ts';
import { AccessDeniedError, CustomerKeyError } from '../../src/storage/errors.ts';
import { SOURCE as REGION, ruleBetween, writeConfiguration } from '../support/operated/configuration.ts';
import { accessTo, type Outcome, runS3xrc } from '../support/operated/run-s3xrc.ts';

let folder = '';
let server: AwsServer;
let sqs: SQSClient;
let queue = '';
let deadLetters = '';
let round = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dead-letters-command-'));
  await writeConfiguration(folder, [ruleBetween('objects', 'restored')]);
  server = await startAwsServer({ region: REGION });
  sqs = new SQSClient({
    endpoint: server.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  sqs.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Separate queues for each test, with dead letters of three kinds. */
beforeEach(async () => {
  round += 1;
  const name = `app-rule${round}`;
  deadLetters = await create(`${name}-dead-letters`, {});
  const deadLetterTargetArn = `arn:aws:sqs:${REGION}:123456789012:${name}-dead-letters`;
  queue = await create(name, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 }) });
  for (const key of ['logs/1', 'logs/2', 'data/3']) {
    await send(key, new AccessDeniedError('403', { context: { bucket: 'objects', key } }));
  }
  await send('logs/4', new CustomerKeyError('SSE-C', { context: { bucket: 'objects', key: 'logs/4' } }));
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: body('logs/5 moved by SQS') }));
});

async function create(QueueName: string, Attributes: Record<string, string>): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}

async function send(key: string, error: AccessDeniedError | CustomerKeyError): Promise<void> {
  const MessageAttributes = describeDeadLetter(error);
  await sqs.send(new SendMessageCommand({ QueueUrl: deadLetters, MessageBody: body(key), MessageAttributes }));
}

function body(key: string): string {
  const object = { key: encodeURIComponent(key), size: 1, eTag: 'e', sequencer: '01' };
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2026-11-29T00:00:00.000Z',
    s3: { bucket: { name: 'objects' }, object },
  };
  return JSON.stringify({ Records: [record] });
}

/** Messages that can be received now, without those that a command left hidden. */
async function visible(QueueUrl: string): Promise<string> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Attributes['ApproximateNumberOfMessages'] ?? '';
}

/** Runs the real command in a separate process, with only the given environment. */
function s3xrc(subcommand: string, ...args: readonly string[]): Promise<Outcome> {
  const shared = ['--configuration', folder, '--region', REGION, '--queue', `app-rule${round}-dead-letters`];
  return runS3xrc(['dead-letters', subcommand, ...args, ...shared], {
    env: accessTo(server.endpoint, REGION),
    cwd: folder,
  });
}

test('list groups dead letters by reason, says what to do, and leaves them visible', async () => {
  const { status, stdout } = await s3xrc('list');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^STORAGE_ACCESS_DENIED {2}3 messages, oldest /m);
  expect(stdout).toMatch(/^ {2}do: Correct the role/m);
  expect(stdout).toMatch(/^OBJECT_CUSTOMER_KEY {2}1 message,/m);
  expect(stdout).toMatch(/^RECEIVED_TOO_OFTEN {2}1 message,/m);
  expect(stdout).toMatch(/^ {2}key logs\/5 moved by SQS$/m);
  expect(await visible(deadLetters)).toBe('5');
});

test('show prints each message with its body, as a line of JSON', async () => {
  const { stdout } = await s3xrc('show', '--json', '--code', 'OBJECT_CUSTOMER_KEY');
  const lines = stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ code: 'OBJECT_CUSTOMER_KEY', key: 'logs/4', body: body('logs/4') }),
  ]);
});

test('redrive says what it would do, then sends only the chosen messages, without their reasons', async () => {
  const chosen = ['--code', 'STORAGE_ACCESS_DENIED', '--prefix', 'logs/'];
  expect(await s3xrc('redrive', ...chosen, '--dry-run')).toMatchObject({
    status: 0,
    stdout: `would send 2 messages from app-rule${round}-dead-letters to app-rule${round} in ${REGION}\n`,
  });
  expect([await visible(queue), await visible(deadLetters)]).toEqual(['0', '5']);
  expect((await s3xrc('redrive', ...chosen, '--yes')).status).toBe(0);
  expect([await visible(queue), await visible(deadLetters)]).toEqual(['2', '3']);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  );
  expect(Messages.map(({ Body }) => Body).toSorted()).toEqual([body('logs/1'), body('logs/2')]);
  expect(Messages.map(({ MessageAttributes }) => MessageAttributes)).toEqual([undefined, undefined]);
});

test('discard saves what it deletes, and leaves the rest', async () => {
  const { status, stdout } = await s3xrc('discard', '--code', 'OBJECT_CUSTOMER_KEY', '--yes', '--save', 'kept.jsonl');
  expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('saved to kept.jsonl') });
  expect(await visible(deadLetters)).toBe('4');
  expect(JSON.parse(await readFile(join(folder, 'kept.jsonl'), 'utf8'))).toMatchObject({ body: body('logs/4') });
});

test('discard deletes nothing if the file cannot be written', async () => {
  const { status, stderr } = await s3xrc('discard', '--yes', '--save', 'no/such/folder/kept.jsonl');
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(/^error: [^\n]+\n$/) });
  expect(await visible(deadLetters)).toBe('5');
});

test('asks before it changes anything, and does nothing if nobody can answer', async () => {
  const { status, stderr } = await s3xrc('redrive');
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^error: Send 5 messages .* --yes/),
  });
  expect([await visible(queue), await visible(deadLetters)]).toEqual(['0', '5']);
});
