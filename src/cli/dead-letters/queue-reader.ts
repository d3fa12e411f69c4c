import {
  ChangeMessageVisibilityBatchCommand,
  ListDeadLetterSourceQueuesCommand,
  type Message,
  paginateListQueues,
  ReceiveMessageCommand,
  type ReceiveMessageResult,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { InvalidMessageError } from '../../messages/errors.ts';
import { parseNotification } from '../../messages/parse-notification.ts';
import { type DeadLetterQueue, RECEIVED_TOO_OFTEN, type ReceivedLetter } from './dead-letter.ts';

/** Long enough to read a queue of 100,000 messages and act on them; those not acted on are released at once. */
const VISIBILITY_SECONDS = 3600;
const BATCH = 10;
/** Milliseconds that making ten messages visible may take. */
const RELEASE_MS = 10_000;
const ENDING = '-dead-letters';

export interface QueueClientOptions {
  readonly region: string;
  readonly profile?: string | undefined;
}

export function createQueueClient({ region, profile }: QueueClientOptions): SQSClient {
  return new SQSClient({ region, ...(profile === undefined ? {} : { profile }), useQueueUrlAsEndpoint: false });
}

/** The dead-letter queues of a deployment in a region. @param prefix of the names of its resources */
export async function findDeadLetterQueues(
  sqs: SQSClient,
  region: string,
  prefix: string,
  abortSignal: AbortSignal,
): Promise<DeadLetterQueue[]> {
  const urls: string[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues(
    { client: sqs, pageSize: 1000 },
    { QueueNamePrefix: prefix },
    { abortSignal },
  )) {
    urls.push(...QueueUrls.filter((url) => url.endsWith(ENDING)));
  }
  const queues: DeadLetterQueue[] = [];
  for (const url of urls.toSorted()) {
    const { queueUrls: sources = [] } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url }), {
      abortSignal,
    });
    queues.push({ region, name: url.slice(url.lastIndexOf('/') + 1), url, sources });
  }
  return queues;
}

export interface ReadOptions {
  /** Stops it between two calls: the messages that a call has received must be known, so that they can be released. */
  readonly signal: AbortSignal;
  /** Aborts a call without a response. */
  readonly patience: AbortSignal;
  /** Called with the number of messages so far. */
  readonly onRead: (letters: number) => void;
}

/**
 * Receives the messages of a queue. SQS samples its servers, so a queue counts as empty only after two empty responses
 * in a row. The messages stay hidden until they are released, deleted, or an hour has passed.
 * @param most max messages to read
 */
export async function receiveLetters(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  most: number,
  { signal, patience, onRead }: ReadOptions,
): Promise<ReceivedLetter[]> {
  const letters = new Map<string, ReceivedLetter>();
  for (let empty = 0; empty < 2 && letters.size < most && !signal.aborted; ) {
    const receive = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(BATCH, most - letters.size),
      VisibilityTimeout: VISIBILITY_SECONDS,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['SentTimestamp'],
      WaitTimeSeconds: empty,
    });
    const received: ReceiveMessageResult = await sqs
      .send(receive, { abortSignal: patience })
      .catch((thrown: unknown): ReceiveMessageResult => {
        // If interrupted, returns the messages received so far, so that they can be released.
        if (patience.aborted) return {};
        throw thrown;
      });
    const { Messages = [] } = received;
    const fresh = Messages.filter(({ MessageId = '' }) => !letters.has(MessageId));
    empty = fresh.length === 0 ? empty + 1 : 0;
    for (const message of Messages) letters.set(message.MessageId ?? '', describeMessage(message, queue));
    onRead(letters.size);
  }
  return [...letters.values()];
}

/** Makes messages visible again, even after Ctrl-C. A message whose hour has passed is already visible. */
export async function releaseLetters(sqs: SQSClient, letters: readonly ReceivedLetter[]): Promise<void> {
  for (let at = 0; at < letters.length; at += BATCH) {
    const batch = letters.slice(at, at + BATCH);
    const [first] = batch;
    if (first === undefined) return;
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: first.queue.url,
        Entries: batch.map(({ receiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
      { abortSignal: AbortSignal.timeout(RELEASE_MS) },
    );
  }
}

function describeMessage(message: Message, queue: DeadLetterQueue): ReceivedLetter {
  const { MessageId = '', ReceiptHandle = '', Body = '', MessageAttributes = {}, Attributes = {} } = message;
  const attribute = (name: string): string | undefined => MessageAttributes[name]?.StringValue;
  const object = attribute('key') === undefined ? readObject(Body) : undefined;
  const bucket = attribute('bucket') ?? object?.bucket;
  const key = attribute('key') ?? object?.key;
  return {
    queue,
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    code: attribute('code') ?? RECEIVED_TOO_OFTEN,
    reason: attribute('reason') ?? 'it exceeded maxReceiveCount',
    ...(bucket === undefined ? {} : { bucket }),
    ...(key === undefined ? {} : { key }),
    sentAt: Number(Attributes.SentTimestamp ?? 0),
  };
}

/** The first object that a notification names. */
function readObject(body: string): { readonly bucket: string; readonly key: string } | undefined {
  try {
    return parseNotification(body).created[0];
  } catch (thrown) {
    // Not an error: a body that cannot be read may be why the message was dead-lettered.
    if (thrown instanceof InvalidMessageError) return undefined;
    throw thrown;
  }
}
