import type { CompressorError } from '../errors.ts';
import type { QueueMessage } from './message-queue.ts';

/** The outcome of a message. Only settle-batch.ts turns it into calls to the queue. */
export type MessageOutcome =
  /** All of its work is done, or there was none. */
  | { readonly kind: 'done' }
  /** This invocation did not reach it; waiting must not count toward maxReceiveCount. */
  | {
      readonly kind: 'again';
      /** Seconds until it is due, at most 900; absent: at once. */
      readonly seconds?: number;
      /** The failure that it waits for, if that must be reported: an outage of something essential. */
      readonly reason?: CompressorError;
    }
  /** Nothing was attempted; it is due in this many seconds, at most 43,200. Each wait counts as a receive. */
  | { readonly kind: 'later'; readonly seconds: number }
  /** The attempt failed; another may succeed. */
  | { readonly kind: 'retry'; readonly reason: CompressorError }
  /** No attempt can succeed. */
  | { readonly kind: 'refused'; readonly reason: CompressorError }
  /** It exceeds what any invocation can do; a fallback task can do it. */
  | { readonly kind: 'over-limits'; readonly reason: CompressorError };

export interface SettledMessage {
  readonly message: QueueMessage;
  readonly outcome: MessageOutcome;
}

/** A message with several objects has the worst of their outcomes, so that it is never acknowledged early. */
const SEVERITY: Record<MessageOutcome['kind'], number> = {
  done: 0,
  refused: 1,
  'over-limits': 2,
  again: 3,
  later: 4,
  retry: 5,
};

export function mostSevereOutcome(outcomes: readonly MessageOutcome[]): MessageOutcome {
  return outcomes.reduce((worst, next) => (SEVERITY[next.kind] > SEVERITY[worst.kind] ? next : worst), {
    kind: 'done',
  });
}

/** The outcome of an attempt that threw. */
export function failedOutcome(reason: CompressorError): MessageOutcome {
  return reason.retryable ? { kind: 'retry', reason } : { kind: 'refused', reason };
}
