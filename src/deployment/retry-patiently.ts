import { CompressorError } from '../errors.ts';

/** How to wait. */
export interface Patience {
  /** Milliseconds. Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to just below 1. */
  readonly random: () => number;
}

const ATTEMPTS = 7;
const FIRST_DELAY = 1000;
const MAX_DELAY = 16_000;

/**
 * Tries until it succeeds or fails for good, for 35 s on average: what a policy, role or bucket that the stack made a
 * moment ago may need until all of AWS sees it.
 * @throws what the last attempt threw; at once when that is not retryable
 */
export async function retryPatiently<T>(
  attempt: () => Promise<T>,
  { sleep, random }: Patience,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof CompressorError && thrown.retryable) || failures === ATTEMPTS) throw thrown;
    }
    const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (failures - 1));
    await sleep(Math.floor(ceiling * (0.5 + random() / 2)), signal);
  }
}
