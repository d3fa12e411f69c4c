import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { UnavailableQueueError } from '../../messages/errors.ts';
import type { QueueMessage } from '../../messages/message-queue.ts';
import type { WorkSource } from '../../worker/ports.ts';

/**
 * Seconds that one receive waits for a message. Short, because a worker that has to stop waits for its last one: a
 * receive that is aborted may have received a message, which nobody would release.
 */
const POLL_SECONDS = 5;

/** Messages of one SQS queue, one at a time. */
export class SqsWorkSource implements WorkSource {
  readonly #client: SQSClient;
  readonly #queueUrl: string;

  constructor({ client, queueUrl }: { readonly client: SQSClient; readonly queueUrl: string }) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  async receive(): Promise<QueueMessage | undefined> {
    const { Messages = [] } = await this.#call('ReceiveMessage', () =>
      this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: 1,
          WaitTimeSeconds: POLL_SECONDS,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      ),
    );
    const [message] = Messages;
    if (message === undefined) return undefined;
    const { MessageId = '', ReceiptHandle = '', Body = '', Attributes } = message;
    const receiveCount = Number(Attributes?.ApproximateReceiveCount ?? 1);
    return { messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, receiveCount };
  }

  async acknowledge({ receiptHandle }: QueueMessage): Promise<void> {
    await this.#call('DeleteMessage', () =>
      this.#client.send(new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receiptHandle })),
    );
  }

  async #call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UnavailableQueueError(`${operation} of ${this.#queueUrl} failed: ${reason}`, {
        context: { operation, queueUrl: this.#queueUrl },
        cause,
      });
    }
  }
}
