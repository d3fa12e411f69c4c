import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** A dead-lettered message, with its reason. */
export interface DeadLetterFound {
  /** For people: which queue. */
  readonly queue: string;
  readonly code: string;
  readonly reason: string;
  readonly body: string;
}

export interface WatchedDeadLetters {
  readonly name: string;
  readonly sqs: SQSClient;
  readonly url: string;
}

/** Long enough that no message is received twice while the queue is read. */
const VISIBILITY_SECONDS = 600;

/**
 * All messages of a dead-letter queue. A message without attributes was moved there by SQS, after too many receives.
 */
export async function readDeadLetters({ name, sqs, url }: WatchedDeadLetters): Promise<DeadLetterFound[]> {
  const found: DeadLetterFound[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: VISIBILITY_SECONDS,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    for (const { Body = '', MessageAttributes = {} } of Messages) {
      found.push({
        queue: name,
        code: MessageAttributes['code']?.StringValue ?? 'RECEIVED_TOO_OFTEN',
        reason:
          MessageAttributes['reason']?.StringValue ??
          'the function failed or was killed each time it received the message',
        body: Body,
      });
    }
  }
}
