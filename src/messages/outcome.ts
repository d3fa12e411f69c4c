import type { CompressorError } from '../errors.ts';

/** What became of a message. One place, settle-batch.ts, turns it into what the queue sees. */
export type MessageOutcome =
  /** Everything it asked for is done, or nothing was to be done. */
  | { readonly kind: 'done' }
  /** Its turn did not come in this invocation; waiting must not count toward maxReceiveCount. */
  | {
      readonly kind: 'again';
      /** Until it is due, at most 900; absent: at once. */
      readonly seconds?: number;
      /** What it waits for, where that is a failure to be told: an outage of what nothing can be done without. */
      readonly reason?: CompressorError;
    }
  /** Nothing was attempted; it is due in so many seconds, at most 43,200. Each wait is a receive. */
  | { readonly kind: 'later'; readonly seconds: number }
  /** The attempt failed; another may succeed. */
  | { readonly kind: 'retry'; readonly reason: CompressorError }
  /** No attempt can succeed. */
  | { readonly kind: 'refused'; readonly reason: CompressorError }
  /** It exceeds what any invocation can do; a fallback task can do it. */
  | { readonly kind: 'over-limits'; readonly reason: CompressorError };

/** A message with several objects has the fate of the one that is worst off: nothing of it may be acknowledged early. */
const SEVERITY: Record<MessageOutcome['kind'], number> = {
  done: 0,
  refused: 1,
  'over-limits': 2,
  again: 3,
  later: 4,
  retry: 5,
};

export function worstOutcome(outcomes: readonly MessageOutcome[]): MessageOutcome {
  return outcomes.reduce((worst, next) => (SEVERITY[next.kind] > SEVERITY[worst.kind] ? next : worst), {
    kind: 'done',
  });
}

/** The outcome of an attempt that threw. */
export function failedOutcome(reason: CompressorError): MessageOutcome {
  return reason.retryable ? { kind: 'retry', reason } : { kind: 'refused', reason };
}
