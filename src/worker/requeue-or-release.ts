import type { MessageQueue, QueueMessage } from '../messages/message-queue.ts';

/**
 * Makes messages that have not failed available, at once or after a delay: requeues them, so that their receive counts
 * start at zero, or, if SQS does not accept that, releases them.
 * @returns the ids of those that were requeued and must be acknowledged
 */
export async function requeueOrRelease(
  queue: MessageQueue,
  messages: readonly QueueMessage[],
  delaySeconds?: number,
): Promise<ReadonlySet<string>> {
  const sent = await queue.requeue(messages, delaySeconds);
  const left = messages.filter(({ messageId }) => !sent.has(messageId));
  if (left.length > 0) await queue.retryAfter(left.map((message) => ({ message, seconds: delaySeconds ?? 0 })));
  return sent;
}
