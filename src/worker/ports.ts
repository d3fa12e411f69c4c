import type { CompressorError } from '../errors.ts';
import type { MessageQueue, QueueMessage } from '../messages/message-queue.ts';
import type { BatchResponse } from '../messages/settle-batch.ts';

/** Where a worker's messages come from, and what Lambda's event source mapping does for a function. */
export interface WorkSource {
  /** Waits some seconds for a message. @throws UnavailableQueueError */
  receive(): Promise<QueueMessage | undefined>;
  /** Deletes the message. @throws UnavailableQueueError */
  acknowledge(message: QueueMessage): Promise<void>;
}

/**
 * Does what one message asks for; the answer says whether the message goes back to the queue. It settles everything
 * else about the message through `queue`.
 * @param signal aborts with a WorkInterruptedError when the work has to be requeued
 */
export type ProcessMessage = (
  message: QueueMessage,
  queue: MessageQueue,
  signal: AbortSignal,
) => Promise<BatchResponse>;

/** Keeps ECS from choosing this task when it scales in or deploys. It does not protect against a Spot reclaim. */
export interface TaskProtection {
  /** @throws TaskProtectionError */
  protect(minutes: number): Promise<void>;
  /** @throws TaskProtectionError */
  release(): Promise<void>;
}

export interface WorkerClock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Resolves after that many milliseconds, or as soon as the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** What became of a message: deleted from the queue, or left to come back. */
export type MessageFate = 'acknowledged' | 'returned';

/** Why a worker ended. */
export type WorkerEnd = 'idle' | 'stopped';

/** What the worker tells its operator. Implementations must not throw. */
export interface WorkerTelemetry {
  workTaken(message: QueueMessage): void;
  /** Told with every heartbeat: the message is still in progress. */
  workHeld(message: QueueMessage): void;
  /** The message came with the last poll of a worker that is stopping: it is requeued, and looks young from then on. */
  workRequeued(message: QueueMessage): void;
  workEnded(message: QueueMessage, fate: MessageFate, seconds: number): void;
  /** The use case broke its promise never to throw. */
  workFailed(message: QueueMessage, error: CompressorError): void;
  /** A call to the queue failed; the worker tries again, or the message comes back by itself. */
  queueFailed(error: CompressorError): void;
  /** ECS did not take note of the work in hand: it may end this task, which costs the work done so far. */
  protectionFailed(error: CompressorError): void;
  workerEnded(why: WorkerEnd, messages: number): void;
}
