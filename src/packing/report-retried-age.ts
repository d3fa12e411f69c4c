import type { QueueMessage } from '../messages/message-queue.ts';
import type { BatchResponse } from '../messages/settle-batch.ts';
import type { PackingDependencies } from './dependencies.ts';
import { messagesAge } from './event-ages.ts';

/**
 * SQS leaves a message out of its ages from the third receive on; a message that returns now will be received once
 * more.
 */
const RECEIVES_UNTIL_UNSEEN = 2;

/** Reports the age of messages that wait for another attempt to the watermark, since SQS no longer does. */
export function reportRetriedAge(
  messages: readonly QueueMessage[],
  { batchItemFailures }: BatchResponse,
  { telemetry, now }: Pick<PackingDependencies, 'telemetry' | 'now'>,
): void {
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const unseen = messages.filter(
    ({ messageId, receiveCount }) => returned.has(messageId) && receiveCount >= RECEIVES_UNTIL_UNSEEN,
  );
  const age = messagesAge(unseen, now);
  if (age !== undefined) telemetry.messagesReturned(age);
}
