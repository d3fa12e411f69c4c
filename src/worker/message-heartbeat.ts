import type { MessageQueue, QueueMessage } from '../messages/message-queue.ts';
import { WorkInterruptedError } from './errors.ts';
import type { WorkerClock } from './ports.ts';

/** Two calls in a row may fail before the message becomes visible again. */
const HEARTBEATS_PER_TIMEOUT = 3;
/**
 * SQS hides a message for at most 12 hours from its receipt, however often that is extended (SQS developer guide,
 * "Visibility timeout"). Longer work is requeued before that, and resumes from the uploaded parts.
 */
const MAX_WORK_MILLISECONDS = 11.5 * 3600 * 1000;

export interface HeartbeatOptions {
  readonly queue: MessageQueue;
  /** The queue's visibility timeout. */
  readonly visibilitySeconds: number;
  readonly clock: WorkerClock;
  /** Called for every heartbeat. */
  readonly onBeat: () => void;
}

/** The heartbeat of a message in progress: keeps it hidden from other receivers until `end`. */
export class MessageHeartbeat {
  readonly #message: QueueMessage;
  readonly #options: HeartbeatOptions;
  readonly #ended = new AbortController();
  readonly #expired = new AbortController();
  readonly #begun: number;
  readonly #beating: Promise<void>;

  constructor(message: QueueMessage, options: HeartbeatOptions) {
    this.#message = message;
    this.#options = options;
    this.#begun = options.clock.now();
    this.#beating = this.#beat();
  }

  /** Aborts when the message cannot be hidden any longer. */
  get expired(): AbortSignal {
    return this.#expired.signal;
  }

  /** Resolves when no call is under way any more: after that, others may set the message's visibility. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const { queue, visibilitySeconds, clock, onBeat } = this.#options;
    const { signal } = this.#ended;
    for (;;) {
      await clock.sleep((1000 * visibilitySeconds) / HEARTBEATS_PER_TIMEOUT, signal);
      if (signal.aborted) return;
      onBeat();
      // A call that fails has been reported by the queue; the next one may succeed in time.
      await queue.retryAfter([{ message: this.#message, seconds: visibilitySeconds }]);
      if (clock.now() - this.#begun > MAX_WORK_MILLISECONDS) {
        this.#expired.abort(
          new WorkInterruptedError('SQS hides a message for at most 12 hours; another task takes over'),
        );
      }
    }
  }
}
