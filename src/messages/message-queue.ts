import type { CompressorError } from '../errors.ts';

/** A message as the function received it. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** How many times it was received, including this time. */
  readonly receiveCount: number;
  /** How many times it was requeued in a row without progress (limit-requeues.ts); absent: never. */
  readonly turns?: number;
}

export interface DeadLetter {
  readonly message: QueueMessage;
  /** Its code, context and cause become message attributes, for people and for redrive tools. */
  readonly reason: CompressorError;
}

export interface RetryDelay {
  readonly message: QueueMessage;
  readonly seconds: number;
}

/**
 * The queue port: what a function does with its messages beyond acknowledging them, which the event source mapping
 * does. Each call accepts any number of messages and returns the ids of those that SQS accepted; a message that is
 * missing there was not handled, and must return to the queue.
 */
export interface MessageQueue {
  /**
   * Sends copies of the messages to the same queue, with their turns, so that their receive counts start at zero.
   * @param delaySeconds until they become visible, at most 900; absent: at once
   */
  requeue(messages: readonly QueueMessage[], delaySeconds?: number): Promise<ReadonlySet<string>>;
  deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>>;
  /** Sets when a returned message becomes visible: 0 to 43,200 seconds from now. */
  retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>>;
}

/** Accepts messages whose work exceeds the limits of an invocation, for a task without such limits. */
export interface FallbackQueue {
  send(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>>;
}

/** The tasks behind a fallback queue. */
export interface FallbackService {
  /** Starts the first task; does nothing if there already are tasks. */
  wake(): Promise<void>;
}
