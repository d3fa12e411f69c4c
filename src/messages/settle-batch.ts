import { asCompressorError, type CompressorError } from '../errors.ts';
import { backOffSeconds } from './back-off.ts';
import { limitRequeues } from './limit-requeues.ts';
import type { DeadLetter, FallbackQueue, MessageQueue, QueueMessage, RetryDelay } from './message-queue.ts';
import type { SettledMessage } from './outcome.ts';

/** The response to Lambda's event source mapping: listed messages return to the queue, the rest are deleted. */
export interface BatchResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** What settling needs of a service's dependencies. */
export interface SettleDependencies {
  readonly queue: MessageQueue;
  /** Absent: work that exceeds the limits is dead-lettered. */
  readonly fallback?: FallbackQueue | undefined;
  /**
   * The queue's `maxReceiveCount`. On the last receive we dead-letter the message ourselves, since SQS would not give
   * the reason.
   */
  readonly maxReceives: number;
  readonly random: () => number;
  readonly telemetry: MessageTelemetry;
}

/** Reports failed messages to the operator. Implementations must not throw. */
export interface MessageTelemetry {
  /** A message was not done; `fate` is what happens to it, as accepted by the queue. */
  messageFailed(message: QueueMessage, error: CompressorError, fate: FailureFate): void;
  /** The queue did not accept everything; the affected messages are redelivered. */
  queueFailed(error: CompressorError): void;
}

/** The fate of a message that was not done: decided only here. */
export type FailureFate =
  /** It is redelivered after its back-off. */
  | 'retried'
  | 'dead-lettered'
  /** A fallback task does it. */
  | 'fallback'
  /** The dead-letter or fallback queue did not accept it: it is redelivered when its visibility timeout ends. */
  | 'returned';

/**
 * Decides, for a whole batch, what is acknowledged, after `limitRequeues` has limited how often a message waits.
 *
 * | outcome               | first                                         | then                             |
 * |-----------------------|-----------------------------------------------|----------------------------------|
 * | done                  |                                               | acknowledged                     |
 * | again                 | requeued, visible at once or when it is due   | acknowledged                     |
 * | later                 | its visibility is set to the time it is due   | returned                         |
 * | over-limits           | sent to the fallback queue, else dead-lettered | acknowledged                     |
 * | refused               | dead-lettered with its reason                 | acknowledged                     |
 * | retry                 | its visibility is set to the back-off         | returned                         |
 * | retry, last receive   | dead-lettered with its reason                 | acknowledged                     |
 *
 * Whatever the queue does not accept in the second column is returned instead of acknowledged.
 */
export async function settleBatch(
  processed: readonly SettledMessage[],
  dependencies: SettleDependencies,
): Promise<BatchResponse> {
  const { queue, fallback: fallbackQueue, maxReceives, random } = dependencies;
  const settled = limitRequeues(processed);
  const again = new Map<number | undefined, QueueMessage[]>();
  const fallback: QueueMessage[] = [];
  const letters: DeadLetter[] = [];
  const delays: RetryDelay[] = [];
  for (const { message, outcome } of settled) {
    if (outcome.kind === 'again') again.set(outcome.seconds, [...(again.get(outcome.seconds) ?? []), message]);
    else if (outcome.kind === 'later') delays.push({ message, seconds: outcome.seconds });
    else if (outcome.kind === 'over-limits' && fallbackQueue) fallback.push(message);
    else if (outcome.kind === 'over-limits' || outcome.kind === 'refused')
      letters.push({ message, reason: outcome.reason });
    else if (outcome.kind === 'retry') {
      if (message.receiveCount >= maxReceives) letters.push({ message, reason: outcome.reason });
      else delays.push({ message, seconds: backOffSeconds(message.receiveCount, random()) });
    }
  }
  const [sent, handedOver, buried] = await Promise.all([
    Promise.all(
      Array.from(again, ([seconds, messages]) =>
        accepted(messages, (some) => queue.requeue(some, seconds), dependencies),
      ),
    ),
    accepted(fallback, (messages) => fallbackQueue?.send(messages), dependencies),
    accepted(letters, (some) => queue.deadLetter(some), dependencies),
    accepted(delays, (some) => queue.retryAfter(some), dependencies),
  ]);
  tellFates(settled, { buried, handedOver }, dependencies);
  const returned = [
    ...[...again.values()].flat().filter(({ messageId }) => !sent.some((ids) => ids.has(messageId))),
    ...fallback.filter(({ messageId }) => !handedOver.has(messageId)),
    ...letters.map(({ message }) => message).filter(({ messageId }) => !buried.has(messageId)),
    // If the delay cannot be set, only time is lost: the message is redelivered when the queue's own timeout ends.
    ...delays.map(({ message }) => message),
  ];
  return { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function tellFates(
  settled: readonly SettledMessage[],
  { buried, handedOver }: { readonly buried: ReadonlySet<string>; readonly handedOver: ReadonlySet<string> },
  { fallback, maxReceives, telemetry }: SettleDependencies,
): void {
  for (const { message, outcome } of settled) {
    if (!('reason' in outcome)) continue;
    const isRetried = outcome.kind === 'again' || (outcome.kind === 'retry' && message.receiveCount < maxReceives);
    const goesToFallback = outcome.kind === 'over-limits' && fallback !== undefined;
    const isTaken = (goesToFallback ? handedOver : buried).has(message.messageId);
    const taken: FailureFate = goesToFallback ? 'fallback' : 'dead-lettered';
    telemetry.messageFailed(message, outcome.reason, isRetried ? 'retried' : isTaken ? taken : 'returned');
  }
}

async function accepted<T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<ReadonlySet<string>> | undefined,
  { telemetry }: SettleDependencies,
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set();
  try {
    return (await send(items)) ?? new Set();
  } catch (thrown) {
    telemetry.queueFailed(asCompressorError(thrown));
    return new Set();
  }
}
