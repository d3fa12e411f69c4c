import type { SQSEvent } from 'aws-lambda';
import { readTurns, TURNS_ATTRIBUTE } from '../aws/sqs/turns-attribute.ts';
import type { QueueMessage } from '../messages/message-queue.ts';

/** The messages of a Lambda event. */
export function queueMessages(event: SQSEvent): QueueMessage[] {
  return event.Records.map(({ messageId, receiptHandle, body, attributes, messageAttributes }) => ({
    messageId,
    receiptHandle,
    body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    turns: readTurns(messageAttributes[TURNS_ATTRIBUTE]?.stringValue),
  }));
}
