import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  /** Tries of one call, including the first; three times as many if S3 only throttles. */
  readonly attempts?: number;
  /** Retries that all calls together may make before more have to be earned by successes. */
  readonly budget?: number;
  /** Milliseconds. Rejects when the signal aborts. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to just below 1. */
  readonly random?: () => number;
}

const MAX_DELAY = 20_000;
/** Max milliseconds before the first retry. Throttled prefixes need longer to recover than a broken connection. */
const BASE_DELAY = { transient: 100, throttled: 500 } as const;

/**
 * Throttling does not mean that S3 is broken: a later attempt succeeds. If calls are refused at random at a rate of 50
 * %, 3 calls in 100,000 fail with 15 tries, and 3 in 100 with 5.
 */
const PATIENCE_WITH_THROTTLING = 3;

export type Pressure = keyof typeof BASE_DELAY;

/**
 * Exponential back-off with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015),
 * and a budget: when most calls fail, retrying all of them only prolongs the outage.
 */
export class RetryPolicy {
  readonly #attempts: number;
  readonly #capacity: number;
  readonly #sleep: NonNullable<RetryOptions['sleep']>;
  readonly #random: () => number;
  #left: number;

  constructor(options: RetryOptions = {}) {
    this.#attempts = options.attempts ?? 5;
    this.#capacity = options.budget ?? 500;
    this.#left = this.#capacity;
    this.#sleep = options.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal }));
    this.#random = options.random ?? Math.random;
  }

  /** A call succeeded: one more retry is affordable. */
  earn(): void {
    if (this.#left < this.#capacity) this.#left += 1;
  }

  /**
   * Whether a call that failed in this attempt (counted from 1) may be retried; if so, the retry is taken from the
   * budget.
   */
  spend(attempt: number, pressure: Pressure): boolean {
    // adaptive-concurrency.ts limits the load of such retries; the budget would only turn waiting into failures.
    if (pressure === 'throttled') return attempt < PATIENCE_WITH_THROTTLING * this.#attempts;
    if (attempt >= this.#attempts || this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }

  /** @throws the reason of the signal when that aborts */
  async wait(attempt: number, pressure: Pressure, signal?: AbortSignal): Promise<void> {
    const ceiling = Math.min(MAX_DELAY, BASE_DELAY[pressure] * 2 ** (attempt - 1));
    try {
      await this.#sleep(Math.floor(this.#random() * ceiling), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}
