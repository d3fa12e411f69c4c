import type { DeadLetter, MessageQueue, QueueMessage, RetryDelay } from '../messages/message-queue.ts';
import type { MessageHeartbeat } from './message-heartbeat.ts';
import { requeueOrRelease } from './requeue-or-release.ts';

/** The queue for the use case: settling the message first ends its heartbeat, which would undo a back-off. */
export class HeartbeatQueue implements MessageQueue {
  readonly #queue: MessageQueue;
  readonly #heartbeat: MessageHeartbeat;

  constructor(queue: MessageQueue, heartbeat: MessageHeartbeat) {
    this.#queue = queue;
    this.#heartbeat = heartbeat;
  }

  async requeue(messages: readonly QueueMessage[], delaySeconds?: number): Promise<ReadonlySet<string>> {
    await this.#heartbeat.end();
    return requeueOrRelease(this.#queue, messages, delaySeconds);
  }

  async deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
    await this.#heartbeat.end();
    return this.#queue.deadLetter(letters);
  }

  async retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>> {
    await this.#heartbeat.end();
    return this.#queue.retryAfter(delays);
  }
}
