import { CompressorError } from '../errors.ts';

/** How to wait. */
export interface Waiting {
  /** Milliseconds. Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to just below 1. */
  readonly random: () => number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** How, and for how long. */
export interface RetryWindow extends Waiting {
  /** No attempt starts after this: the function's time ends soon after, and an answer must be delivered. */
  readonly deadline: number;
}

const ATTEMPTS = 7;
const FIRST_DELAY = 1000;
const MAX_DELAY = 16_000;

/**
 * Refusals that may be due to a permission that the stack has granted a moment ago. Most take effect within seconds,
 * but one with a condition on an alias of a KMS key may take five minutes (KMS developer guide, "Using aliases to
 * control access to KMS keys").
 */
const SLOWLY_GRANTED = new Set(['STORAGE_ACCESS_DENIED', 'CONFIGURATION_REFUSED', 'FUNCTION_UNREADABLE']);

/**
 * Retries until it succeeds or fails permanently: refusals for as long as there is time, other temporary failures for
 * 35 s on average.
 * @throws the error of the last attempt; at once if it is not retryable
 */
export async function retryPatiently<T>(
  attempt: () => Promise<T>,
  { sleep, random, now, deadline }: RetryWindow,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    let failure: CompressorError;
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof CompressorError && thrown.retryable)) throw thrown;
      failure = thrown;
    }
    const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (failures - 1));
    const delay = Math.floor(ceiling * (0.5 + random() / 2));
    const isTried = failures >= ATTEMPTS && !SLOWLY_GRANTED.has(failure.code);
    if (isTried || now() + delay > deadline) throw failure;
    await sleep(delay, signal);
  }
}
