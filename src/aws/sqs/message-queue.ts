import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import type { CompressorError } from '../../errors.ts';
import { UnavailableQueueError } from '../../messages/errors.ts';
import type {
  DeadLetter,
  FallbackQueue,
  MessageQueue,
  QueueMessage,
  RetryDelay,
} from '../../messages/message-queue.ts';
import { cutBatches, measureMessage, type OutgoingMessage } from './batches.ts';
import { describeDeadLetter } from './dead-letter-attributes.ts';
import { describeTurns } from './turns-attribute.ts';

export interface SqsQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /**
   * Called for every batch, or part of one, that SQS did not accept. The response still has the messages that it
   * accepted.
   */
  readonly onFailure: (error: CompressorError) => void;
}

/** The response to one call to SQS; the id of an entry is the number of its item. */
interface BatchAnswer {
  readonly Failed?: BatchResultErrorEntry[] | undefined;
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
}

interface Outgoing extends OutgoingMessage {
  readonly message: QueueMessage;
}

/** SQS's maximum delay of a message. */
const MAX_DELAY_SECONDS = 900;
/** Concurrent calls to SQS. */
const CONCURRENCY = 8;

/** Sends messages to one queue, and returns the ids of the original messages that it accepted. */
export class SqsFallbackQueue implements FallbackQueue {
  readonly #options: SqsQueueOptions;

  constructor(options: SqsQueueOptions) {
    this.#options = options;
  }

  send(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>> {
    return sendAll(
      this.#options,
      messages.map((message) => ({ message, body: message.body })),
    );
  }
}

/** The queue port over SQS. */
export class SqsMessageQueue implements MessageQueue {
  readonly #options: SqsQueueOptions;
  readonly #deadLetters: SqsQueueOptions;

  constructor(options: SqsQueueOptions & { readonly deadLetterQueueUrl: string }) {
    this.#options = options;
    this.#deadLetters = { ...options, queueUrl: options.deadLetterQueueUrl };
  }

  requeue(messages: readonly QueueMessage[], delaySeconds?: number): Promise<ReadonlySet<string>> {
    return sendAll(
      this.#options,
      messages.map((message) => ({ message, body: message.body, ...describeTurns(message) })),
      delaySeconds,
    );
  }

  deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
    return sendAll(
      this.#deadLetters,
      letters.map(({ message, reason }) => ({ message, body: message.body, attributes: describeDeadLetter(reason) })),
    );
  }

  retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>> {
    const { client, queueUrl } = this.#options;
    return callBatches(this.#options, 'ChangeMessageVisibilityBatch', cutBatches(delays), (batch) =>
      client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: batch.map(({ message, seconds }, index) => ({
            Id: String(index),
            ReceiptHandle: message.receiptHandle,
            VisibilityTimeout: Math.round(seconds),
          })),
        }),
      ),
    );
  }
}

function sendAll(
  options: SqsQueueOptions,
  outgoing: readonly Outgoing[],
  delaySeconds?: number,
): Promise<ReadonlySet<string>> {
  const { client, queueUrl } = options;
  const delay = delaySeconds === undefined ? undefined : Math.min(MAX_DELAY_SECONDS, Math.ceil(delaySeconds));
  return callBatches(options, 'SendMessageBatch', cutBatches(outgoing, measureMessage), (batch) =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map(({ body, attributes }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageAttributes: attributes,
          DelaySeconds: delay,
        })),
      }),
    ),
  );
}

/** Makes one call per batch and gathers the ids of the messages that SQS accepted. */
async function callBatches<T extends { readonly message: QueueMessage }>(
  { queueUrl, onFailure }: SqsQueueOptions,
  operation: string,
  batches: readonly (readonly T[])[],
  call: (batch: readonly T[]) => Promise<BatchAnswer>,
): Promise<ReadonlySet<string>> {
  const accepted = new Set<string>();
  const limit = pLimit(CONCURRENCY);
  await limit.map(batches, async (batch) => {
    try {
      const { Successful = [], Failed = [] } = await call(batch);
      for (const { Id } of Successful) {
        const item = batch[Number(Id)];
        if (item) accepted.add(item.message.messageId);
      }
      if (Failed.length > 0) onFailure(describePartialFailure(operation, queueUrl, batch.length, Failed));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `${operation} of ${batch.length} messages to ${queueUrl} failed: ${reason}`;
      onFailure(
        new UnavailableQueueError(message, { context: { operation, queueUrl, messages: batch.length }, cause }),
      );
    }
  });
  return accepted;
}

function describePartialFailure(
  operation: string,
  queueUrl: string,
  total: number,
  failed: readonly BatchResultErrorEntry[],
): UnavailableQueueError {
  const reasons = new Set(
    failed.map(({ Code = 'unknown', Message = '' }) => (Message ? `${Code} (${Message})` : Code)),
  );
  const list = Array.from(reasons).join('; ');
  const message = `${operation} to ${queueUrl}: SQS did not accept ${failed.length} of ${total} messages: ${list}`;
  return new UnavailableQueueError(message, {
    context: { operation, queueUrl, messages: failed.length, reasons: list },
  });
}
