import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { readTurns, TURNS_ATTRIBUTE } from '../aws/sqs/turns-attribute.ts';
import { InvalidInvocationError } from '../messages/errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';

/** How many characters of an unexpected event the error quotes. */
const SHOWN_CHARACTERS = 200;

/** Events written by hand may omit the message attributes. */
type QueueRecord = Omit<SQSRecord, 'messageAttributes'> & Partial<Pick<SQSRecord, 'messageAttributes'>>;

/**
 * The messages of a Lambda event.
 * @throws InvalidInvocationError when it is not an event of SQS
 */
export function readQueueMessages(event: unknown): QueueMessage[] {
  if (!isQueueEvent(event)) throw unexpectedEvent(event);
  return event.Records.map(({ messageId, receiptHandle, body, attributes, messageAttributes = {} }) => ({
    messageId,
    receiptHandle,
    body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
    turns: readTurns(messageAttributes[TURNS_ATTRIBUTE]?.stringValue),
  }));
}

/** Whether a batch of SQS messages came from this queue; all messages of a batch come from one. */
export function isFromQueue({ Records: [first] }: SQSEvent, queueUrl: string): boolean {
  const name = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
  const { eventSourceARN }: Partial<SQSRecord> = first ?? {};
  // Events written by hand may omit it.
  return eventSourceARN?.endsWith(`:${name}`) === true;
}

function isQueueEvent(event: unknown): event is { readonly Records: readonly QueueRecord[] } {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return false;
  return Array.isArray(event.Records) && event.Records.every(isQueueRecord);
}

/** Events of S3 and SNS that invoke a function directly also have `Records`. */
function isQueueRecord(record: unknown): record is QueueRecord {
  if (typeof record !== 'object' || record === null) return false;
  const { messageId, receiptHandle, body, attributes } = record as Partial<Record<keyof SQSRecord, unknown>>;
  const texts = [messageId, receiptHandle, body].every((value) => typeof value === 'string');
  return texts && typeof attributes === 'object' && attributes !== null && 'ApproximateReceiveCount' in attributes;
}

function unexpectedEvent(event: unknown): InvalidInvocationError {
  const shown = (event === undefined ? 'undefined' : JSON.stringify(event)).slice(0, SHOWN_CHARACTERS);
  return new InvalidInvocationError(
    `This function is invoked by its SQS queue and expects a batch of SQS messages; it received ${shown}. To test it, send a message ` +
      'to the queue, or invoke it with {"Records":[{"messageId":...,"receiptHandle":...,"body":"<S3 notification>",' +
      '"attributes":{"ApproximateReceiveCount":"1"}}]}, as in the files in events/.',
  );
}
