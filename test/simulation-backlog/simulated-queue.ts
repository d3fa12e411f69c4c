import type { DeadLetter, MessageQueue, QueueMessage, RetryDelay } from '../../src/messages/message-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Entry {
  readonly body: string;
  receives: number;
  /** Grows whenever the visibility timeout is set, so that an earlier one no longer counts. */
  hidings: number;
}

/** Seconds: six times the function's timeout. */
const VISIBILITY_SECONDS = 5_400;

/** An SQS queue on virtual time, with visibility timeouts, receive counts and a dead-letter queue. */
export class SimulatedQueue implements MessageQueue {
  readonly deadLetters: string[] = [];
  /** Highest receive count of a message. */
  maxReceives = 0;
  /** Messages that were requeued because the invocation did not reach them. */
  requeued = 0;
  readonly #time: VirtualTime;
  readonly #maxReceives: number;
  readonly #entries = new Map<string, Entry>();
  #visible: string[] = [];
  #sent = 0;

  constructor(time: VirtualTime, maxReceives: number) {
    this.#time = time;
    this.#maxReceives = maxReceives;
  }

  /** Messages in any state, except dead-lettered ones. */
  get size(): number {
    return this.#entries.size;
  }

  get visible(): number {
    return this.#visible.length;
  }

  send(body: string): void {
    this.#sent += 1;
    const id = `message-${this.#sent}`;
    this.#entries.set(id, { body, receives: 0, hidings: 0 });
    this.#visible.push(id);
  }

  receive(most: number): QueueMessage[] {
    const received: QueueMessage[] = [];
    const taken = this.#visible.slice(0, most);
    this.#visible = this.#visible.slice(most);
    for (const messageId of taken) {
      const entry = this.#entries.get(messageId);
      if (entry === undefined) continue;
      if (entry.receives >= this.#maxReceives) {
        this.#bury(messageId, 'RECEIVED_TOO_OFTEN');
        continue;
      }
      entry.receives += 1;
      this.maxReceives = Math.max(this.maxReceives, entry.receives);
      this.#hide(messageId, VISIBILITY_SECONDS);
      received.push({ messageId, receiptHandle: messageId, body: entry.body, receiveCount: entry.receives });
    }
    return received;
  }

  delete(messageId: string): void {
    this.#entries.delete(messageId);
  }

  requeue(messages: readonly QueueMessage[]): Promise<ReadonlySet<string>> {
    this.requeued += messages.length;
    for (const { body } of messages) this.send(body);
    return Promise.resolve(new Set(messages.map(({ messageId }) => messageId)));
  }

  deadLetter(letters: readonly DeadLetter[]): Promise<ReadonlySet<string>> {
    for (const { message, reason } of letters) this.#bury(message.messageId, reason.code);
    return Promise.resolve(new Set(letters.map(({ message }) => message.messageId)));
  }

  retryAfter(delays: readonly RetryDelay[]): Promise<ReadonlySet<string>> {
    for (const { message, seconds } of delays) this.#hide(message.messageId, seconds);
    return Promise.resolve(new Set(delays.map(({ message }) => message.messageId)));
  }

  #bury(messageId: string, reason: string): void {
    this.deadLetters.push(reason);
    this.#entries.delete(messageId);
  }

  #hide(messageId: string, seconds: number): void {
    const entry = this.#entries.get(messageId);
    if (entry === undefined) return;
    entry.hidings += 1;
    const { hidings } = entry;
    this.#time.at(this.#time.now() + 1000 * seconds, () => {
      if (this.#entries.has(messageId) && entry.hidings === hidings) this.#visible.push(messageId);
    });
  }
}
