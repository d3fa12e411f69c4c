import { createHash, createHmac } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { SqsBulkSender } from '../../src/aws/sqs/bulk-sender.ts';
import { UnavailableQueueError } from '../../src/messages/errors.ts';
import {
  type Answer,
  type RecordedRequest,
  type RecordingServer,
  startRecordingServer,
} from '../support/recording-server.ts';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
let server: RecordingServer;
let sender: SqsBulkSender;
let client: SQSClient;

beforeEach(async () => {
  server = await startRecordingServer();
  client = new SQSClient({ region: 'eu-west-1', credentials, endpoint: server.endpoint });
  sender = new SqsBulkSender({ client, queueUrl: 'https://sqs.example/1/queue', concurrency: 1 });
});
afterEach(async () => {
  await sender.close();
  client.destroy();
  await server.stop();
});

interface Batch {
  readonly QueueUrl: string;
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[];
}
const batchOf = ({ body }: RecordedRequest): Batch => JSON.parse(body.toString()) as Batch;
const bodiesOf = (request: RecordedRequest): string[] => batchOf(request).Entries.map(({ MessageBody }) => MessageBody);
/** All but the given ids are accepted. */
const answer =
  (...refused: string[]) =>
  (request: RecordedRequest): Answer => ({
    status: 200,
    body: JSON.stringify({
      Successful: batchOf(request).Entries.filter(({ Id }) => !refused.includes(Id)),
      Failed: refused.map((Id) => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false })),
    }),
  });
const messages = (count: number): string[] => Array.from({ length: count }, (_, index) => `message ${index} ü`);

/** Node's SHA-256 with the interface that the SDK's signer expects. */
class Sha256 {
  readonly #hash;
  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    // Each instance is used once.
  }
}

test('sends batches of ten to the queue, signed as the SDK would sign them', async () => {
  server.script(answer());
  await sender.send(messages(25));
  expect(server.requests.map((request) => bodiesOf(request).length)).toEqual([10, 10, 5]);
  expect(server.requests.flatMap(bodiesOf)).toEqual(messages(25));
  const [first] = server.requests;
  if (first === undefined) throw new Error('nothing was sent');
  expect(batchOf(first).QueueUrl).toBe('https://sqs.example/1/queue');
  expect(first.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.SendMessageBatch',
    'x-amz-security-token': 'token',
    'x-amz-content-sha256': createHash('sha256').update(first.body).digest('hex'),
  });
  const { authorization = '', 'x-amz-date': date = '', host = '' } = first.headers;
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const signer = new SignatureV4({
    service: 'sqs',
    region: 'eu-west-1',
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const time = new Date(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const expected = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: host,
      path: '/',
      headers: Object.fromEntries(signed.map((name) => [name, first.headers[name] ?? ''])),
      body: first.body,
    },
    { signingDate: time },
  );
  expect(authorization).toBe(expected.headers['authorization']);
});

test('retries only the messages of a batch that SQS did not accept', async () => {
  server.script(answer('2', '7'), answer('0'), answer());
  await sender.send(messages(10));
  expect(server.requests.slice(1).map(bodiesOf)).toEqual([['message 2 ü', 'message 7 ü'], ['message 2 ü']]);
});

test.each<[string, Answer]>([
  ['fails', { status: 500, body: '{"__type":"InternalFailure"}' }],
  ['throttles', { status: 400, body: '{"__type":"com.amazonaws.sqs#RequestThrottled"}' }],
  ['breaks the connection', 'reset'],
])('retries when SQS %s', async (_, failure) => {
  server.script(failure, answer());
  await sender.send(messages(3));
  expect(server.requests.map(bodiesOf)).toEqual([messages(3), messages(3)]);
});

test('reports why SQS refused a call', async () => {
  server.script({ status: 400, body: '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}' });
  await expect(sender.send(messages(1))).rejects.toThrow(
    /SendMessageBatch to https:\/\/sqs.example\/1\/queue failed: 400 .*no such queue/,
  );
  expect(server.requests).toHaveLength(1);
});

test('gives up on messages that SQS never accepts', async () => {
  server.script(answer('0'));
  const sent = sender.send(messages(1));
  await expect(sent).rejects.toThrow(UnavailableQueueError);
  await expect(sent).rejects.toThrow('SQS did not accept 1 messages');
  expect(server.requests).toHaveLength(5);
});

test('ends unanswered calls to SQS when the signal is aborted, without retries', async () => {
  server.script('stall');
  const stopped = new AbortController();
  const abortable = new SqsBulkSender({ client, queueUrl: 'https://sqs.example/1/queue', signal: stopped.signal });
  const sent = abortable.send(messages(20));
  await server.received(2);
  const reason = new Error('Ctrl-C');
  stopped.abort(reason);
  await expect(sent).rejects.toBe(reason);
  expect(server.requests).toHaveLength(2);
  await abortable.close();
});
