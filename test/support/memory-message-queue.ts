import type { DeadLetter, MessageQueue, QueueMessage, RetryDelay } from '../../src/messages/message-queue.ts';

/** A queue in memory that keeps sent messages, and refuses those that a test chooses. */
export class MemoryMessageQueue implements MessageQueue {
  readonly again: QueueMessage[] = [];
  /** How often each message in `again` was requeued without progress, in the same order. */
  readonly againTurns: number[] = [];
  /** Seconds until each message in `again` is due, in the same order. */
  readonly againAfter: number[] = [];
  readonly letters: DeadLetter[] = [];
  readonly delays: RetryDelay[] = [];
  /** Calls that throw, as if SQS were unreachable. */
  readonly broken = new Set<keyof MessageQueue>();
  /** Ids of messages that SQS does not accept. */
  readonly rejected = new Set<string>();

  async requeue(messages: readonly QueueMessage[], delaySeconds = 0): Promise<ReadonlySet<string>> {
    const sent: QueueMessage[] = [];
    const taken = await this.#take('requeue', messages, sent, (message) => message.messageId);
    for (const { turns = 0, ...message } of sent) {
      this.again.push(message);
      this.againTurns.push(turns);
    }
    this.againAfter.push(...Array.from(taken, () => delaySeconds));
    return taken;
  }

  deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
    return this.#take('deadLetter', letters, this.letters, ({ message }) => message.messageId);
  }

  retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>> {
    return this.#take('retryAfter', delays, this.delays, ({ message }) => message.messageId);
  }

  #take<T>(
    call: keyof MessageQueue,
    items: readonly T[],
    kept: T[],
    idOf: (item: T) => string,
  ): Promise<ReadonlySet<string>> {
    if (this.broken.has(call)) return Promise.reject(new Error(`${call} is broken`));
    const taken = items.filter((item) => !this.rejected.has(idOf(item)));
    kept.push(...taken);
    return Promise.resolve(new Set(taken.map(idOf)));
  }
}
