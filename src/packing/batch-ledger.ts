import { UnexpectedError } from '../errors.ts';
import type { QueueMessage } from '../messages/message-queue.ts';
import { type MessageOutcome, mostSevereOutcome, type SettledMessage } from '../messages/outcome.ts';

/**
 * Tracks which messages are not settled yet. A message may hold several objects, so it is settled only when each of
 * them is; a forgotten one returns to the queue instead of being acknowledged.
 */
export class BatchLedger {
  readonly #entries = new Map<QueueMessage, { due: number; outcomes: MessageOutcome[] }>();

  constructor(messages: readonly QueueMessage[]) {
    for (const message of messages) this.#entries.set(message, { due: 0, outcomes: [] });
  }

  /** The message has this many entries; `note` must be called for each. */
  expect(message: QueueMessage, count: number): void {
    const entry = this.#entries.get(message);
    if (entry !== undefined) entry.due += count;
  }

  note(message: QueueMessage, outcome: MessageOutcome): void {
    this.#entries.get(message)?.outcomes.push(outcome);
  }

  settled(): SettledMessage[] {
    return [...this.#entries].map(([message, { due, outcomes }]) => {
      if (outcomes.length === due) return { message, outcome: mostSevereOutcome(outcomes) };
      const reason = new UnexpectedError(
        `Message ${message.messageId} asked for ${due} objects, but ${outcomes.length} were settled`,
      );
      return { message, outcome: { kind: 'retry', reason } };
    });
  }
}
