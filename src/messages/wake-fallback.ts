import { asCompressorError, type CompressorError } from '../errors.ts';
import type { FallbackQueue, FallbackService, QueueMessage } from './message-queue.ts';

/** Starting a task takes about a minute; asking for it more often only adds calls. */
const QUIET_MILLISECONDS = 60_000;

export interface WakingQueueOptions {
  readonly queue: FallbackQueue;
  readonly service: FallbackService;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Told when the service could not be woken. Its own scaling does that later, so nothing is lost but time. */
  readonly onFailure: (error: CompressorError) => void;
}

/**
 * A fallback queue whose first message starts the first task: metrics and alarms would take minutes for that. The
 * messages are safe before the service is asked, and whatever it answers changes nothing for them.
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
