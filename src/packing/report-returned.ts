import type { QueueMessage } from '../messages/message-queue.ts';
import type { BatchResponse } from '../messages/settle-batch.ts';
import type { SourceDependencies } from './dependencies.ts';
import { messagesAge } from './event-ages.ts';

/** SQS leaves a message out of its ages from the third receive on; one that returns now is received once more. */
const RECEIVES_UNTIL_UNSEEN = 2;

/** Tells the watermark the age of what waits for another attempt, where SQS no longer does. */
export function reportReturned(
  messages: readonly QueueMessage[],
  { batchItemFailures }: BatchResponse,
  { telemetry, now }: Pick<SourceDependencies, 'telemetry' | 'now'>,
): void {
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const unseen = messages.filter(
    ({ messageId, receiveCount }) => returned.has(messageId) && receiveCount >= RECEIVES_UNTIL_UNSEEN,
  );
  const age = messagesAge(unseen, now);
  if (age !== undefined) telemetry.messagesReturned(age);
}
