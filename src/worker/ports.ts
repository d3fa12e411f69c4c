import type { CompressorError } from '../errors.ts';
import type { MessageQueue, QueueMessage } from '../messages/message-queue.ts';
import type { BatchResponse } from '../messages/settle-batch.ts';

/** The source of a worker's messages, which does for it what Lambda's event source mapping does for a function. */
export interface WorkSource {
  /** Waits some seconds for a message. @throws UnavailableQueueError */
  receive(): Promise<QueueMessage | undefined>;
  /** Deletes the message. @throws UnavailableQueueError */
  acknowledge(message: QueueMessage): Promise<void>;
}

/**
 * Does the work of one message; the response says whether the message returns to the queue. Everything else about the
 * message is settled through `queue`.
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
  /** Resolves after this many milliseconds, or as soon as the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The outcome of a message: deleted from the queue, or left to be redelivered. */
export type MessageFate = 'acknowledged' | 'returned';

/** Why a worker ended. */
export type WorkerEnd = 'idle' | 'stopped';

/** Reports the worker to the operator. Implementations must not throw. */
export interface WorkerTelemetry {
  workTaken(message: QueueMessage): void;
  /** Called with every heartbeat: the message is still in progress. */
  workHeld(message: QueueMessage): void;
  /** The message came with the last poll of a stopping worker: it is requeued, which resets its age in SQS. */
  workRequeued(message: QueueMessage): void;
  workEnded(message: QueueMessage, fate: MessageFate, seconds: number): void;
  /** The use case broke its promise never to throw. */
  workFailed(message: QueueMessage, error: CompressorError): void;
  /** A call to the queue failed; the worker tries again, or the message is redelivered. */
  queueFailed(error: CompressorError): void;
  /** ECS did not register the protection: it may end this task, which loses the work done so far. */
  protectionFailed(error: CompressorError): void;
  workerEnded(why: WorkerEnd, messages: number): void;
}
