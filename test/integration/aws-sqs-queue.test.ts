import { CreateQueueCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type AwsServer, startAwsServer } from '../../local-cloud/aws-server.ts';
import { toSqsRecord } from '../../local-cloud/event-source/sqs-record.ts';
import { SqsFallbackQueue, SqsMessageQueue } from '../../src/aws/sqs/message-queue.ts';
import type { CompressorError } from '../../src/errors.ts';
import type { QueueMessage } from '../../src/messages/message-queue.ts';
import { CustomerKeyError } from '../../src/storage/errors.ts';
import { readQueueMessages } from '../../src/wiring/sqs-event.ts';

let server: AwsServer;
let client: SQSClient;
let count = 0;
const failures: CompressorError[] = [];
const onFailure = (error: CompressorError): void => {
  failures.push(error);
};

beforeAll(async () => {
  const region = 'eu-west-1';
  server = await startAwsServer({ region });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new SQSClient({ endpoint: server.endpoint, region, credentials, maxAttempts: 1 });
});
beforeEach(() => {
  failures.length = 0;
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const createQueue = async (): Promise<string> => {
  count += 1;
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: `queue-${count}` }));
  return QueueUrl;
};
const messages = (number: number, body = 'body'): QueueMessage[] =>
  Array.from({ length: number }, (_, n) => ({
    messageId: `message-${n}`,
    receiptHandle: `receipt-${n}`,
    body: `${body} ${n}`,
    receiveCount: 1,
  }));
const drain = async (queueUrl: string): Promise<Message[]> => {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return all;
    all.push(...Messages);
  }
};
const openQueue = async () => {
  const [queueUrl, deadLetterQueueUrl] = [await createQueue(), await createQueue()];
  return {
    queueUrl,
    deadLetterQueueUrl,
    queue: new SqsMessageQueue({ client, queueUrl, deadLetterQueueUrl, onFailure }),
  };
};

it('requeues any number of messages', async () => {
  const { queue, queueUrl } = await openQueue();
  const sent = messages(23);
  expect(await queue.requeue(sent)).toEqual(new Set(sent.map(({ messageId }) => messageId)));
  const bodies = (await drain(queueUrl)).map(({ Body }) => Body);
  expect(new Set(bodies)).toEqual(new Set(sent.map(({ body }) => body)));
  expect(bodies).toHaveLength(23);
  expect(failures).toEqual([]);
});

it('requeues messages with their turns, which a function reads from its event', async () => {
  const { queue, queueUrl } = await openQueue();
  await queue.requeue(messages(2).map((message, index) => ({ ...message, turns: 3 * index })));
  const records = (await drain(queueUrl)).map((message) => toSqsRecord(message, { queueArn: 'arn', region: 'r' }));
  const turns = readQueueMessages({ Records: records }).map((message) => [message.body, message.turns]);
  expect(new Map(turns as [string, number][])).toEqual(
    new Map([
      ['body 0', 0],
      ['body 1', 3],
    ]),
  );
});

it('requeues messages that become visible only when they are due, after 15 minutes at most', async () => {
  const { queue, queueUrl } = await openQueue();
  await queue.requeue(messages(2), 0.2);
  await queue.requeue(messages(1), 100_000);
  expect(await drain(queueUrl)).toEqual([]);
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }),
  );
  expect(Messages.length).toBeGreaterThan(0);
  expect(await drain(queueUrl)).toHaveLength(2 - Messages.length);
  expect(failures).toEqual([]);
});

it('splits messages that are too large for one call into several calls', async () => {
  const { queue, queueUrl } = await openQueue();
  const sent = messages(5, 'x'.repeat(300_000));
  expect((await queue.requeue(sent)).size).toBe(5);
  expect(await drain(queueUrl)).toHaveLength(5);
});

it('dead-letters messages with their reason', async () => {
  const { queue, queueUrl, deadLetterQueueUrl } = await openQueue();
  const context = { bucket: 'b', key: 'a\u0001 ü', empty: '' };
  const reason = new CustomerKeyError('no key', { context, cause: new Error('inner') });
  const [message] = messages(1);
  if (!message) throw new Error('no message');
  expect(await queue.deadLetter([{ message, reason }])).toEqual(new Set(['message-0']));
  const [letter] = await drain(deadLetterQueueUrl);
  expect(letter?.Body).toBe('body 0');
  const values = Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
  expect(Object.fromEntries(values)).toEqual({
    code: 'OBJECT_CUSTOMER_KEY',
    reason: 'no key',
    cause: 'Error: inner',
    bucket: 'b',
    key: 'a\\u0001 ü',
  });
  expect(await drain(queueUrl)).toEqual([]);
});

it('sends messages to the fallback queue', async () => {
  const queueUrl = await createQueue();
  const fallback = new SqsFallbackQueue({ client, queueUrl, onFailure });
  expect((await fallback.send(messages(2))).size).toBe(2);
  expect(await drain(queueUrl)).toHaveLength(2);
});

it('sets when messages become visible, and reports those that it could not set', async () => {
  const { queue, queueUrl } = await openQueue();
  await queue.requeue(messages(2));
  const received = (await drain(queueUrl)).map(({ MessageId = '', ReceiptHandle = '', Body = '' }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    receiveCount: 1,
  }));
  expect(received).toHaveLength(2);
  const unknown = { messageId: 'unknown', receiptHandle: 'unknown', body: '', receiveCount: 1 };
  const set = await queue.retryAfter([...received, unknown].map((message) => ({ message, seconds: 0.4 })));
  expect(set).toEqual(new Set(received.map(({ messageId }) => messageId)));
  expect(await drain(queueUrl)).toHaveLength(2);
  expect(failures).toMatchObject([{ code: 'QUEUE_UNAVAILABLE', retryable: true, context: { messages: 1 } }]);
});

it('reports a queue that does not exist, and accepts nothing', async () => {
  const queueUrl = `${await createQueue()}-not`;
  const queue = new SqsMessageQueue({ client, queueUrl, deadLetterQueueUrl: queueUrl, onFailure });
  expect(await queue.requeue(messages(11))).toEqual(new Set());
  expect(failures.map(({ code, context }) => [code, context['queueUrl'], context['messages']])).toEqual(
    expect.arrayContaining([
      ['QUEUE_UNAVAILABLE', queueUrl, 10],
      ['QUEUE_UNAVAILABLE', queueUrl, 1],
    ]),
  );
  expect(failures[0]?.cause).toBeDefined();
});
