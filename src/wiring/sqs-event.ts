import type { SQSEvent } from 'aws-lambda';
import type { QueueMessage } from '../messages/message-queue.ts';

/** The messages of a Lambda event. */
export function queueMessages(event: SQSEvent): QueueMessage[] {
  return event.Records.map(({ messageId, receiptHandle, body, attributes }) => ({
    messageId,
    receiptHandle,
    body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
  }));
}
