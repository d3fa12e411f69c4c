import { asCompressorError, type CompressorError } from '../errors.ts';
import type { FallbackQueue, FallbackService, QueueMessage } from './message-queue.ts';

/** Starting a task takes about a minute; asking for it more often only adds calls. */
const QUIET_MILLISECONDS = 60_000;

export interface WakingQueueOptions {
  readonly queue: FallbackQueue;
  readonly service: FallbackService;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Called if the service could not be started. Its own scaling does that later, so only time is lost. */
  readonly onFailure: (error: CompressorError) => void;
}

/**
 * A fallback queue whose first message starts the first task, for which metrics and alarms would take minutes. The
 * messages are stored before the service is called, and its response does not affect them.
 */
export class WakingFallbackQueue implements FallbackQueue {
  readonly #options: WakingQueueOptions;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WakingQueueOptions) {
    this.#options = options;
  }

  async send(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>> {
    const accepted = await this.#options.queue.send(messages);
    if (accepted.size > 0) await this.#wake();
    return accepted;
  }

  async #wake(): Promise<void> {
    const { service, now, onFailure } = this.#options;
    if (now() - this.#askedAt < QUIET_MILLISECONDS) return;
    this.#askedAt = now();
    try {
      await service.wake();
    } catch (thrown) {
      onFailure(asCompressorError(thrown));
    }
  }
}
