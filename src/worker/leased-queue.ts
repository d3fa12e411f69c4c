import type { DeadLetter, MessageQueue, QueueMessage, RetryDelay } from '../messages/message-queue.ts';
import type { Lease } from './lease.ts';
import { requeueOrRelease } from './requeue-or-release.ts';

/** The queue for the use case: settling the message first ends its heartbeat, which would undo a back-off. */
export class LeasedQueue implements MessageQueue {
  readonly #queue: MessageQueue;
  readonly #lease: Lease;

  constructor(queue: MessageQueue, lease: Lease) {
    this.#queue = queue;
    this.#lease = lease;
  }

  async requeue(messages: readonly QueueMessage[], delaySeconds?: number): Promise<ReadonlySet<string>> {
    await this.#lease.end();
    return requeueOrRelease(this.#queue, messages, delaySeconds);
  }

  async deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
    await this.#lease.end();
    return this.#queue.deadLetter(letters);
  }

  async retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>> {
    await this.#lease.end();
    return this.#queue.retryAfter(delays);
  }
}
