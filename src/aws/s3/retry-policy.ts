import { setTimeout as delay } from 'node:timers/promises';

export interface RetryOptions {
  /** Tries of one call, the first included; three times as many where S3 only asks for patience. */
  readonly attempts?: number;
  /** Retries that all calls together may make before successes must pay for more. */
  readonly budget?: number;
  /** Milliseconds. Rejects when the signal aborts. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 to just below 1. */
  readonly random?: () => number;
}

const MAX_DELAY = 20_000;
/** Milliseconds before the first retry, at most. Throttled prefixes need longer to recover than a broken connection. */
const BASE_DELAY = { transient: 100, throttled: 500 } as const;

/**
 * S3 that throttles is not broken: who comes back later is served. With calls refused at random at a rate of 50 %, 15
 * tries let 3 calls in 100,000 fail, where 5 would let 3 in 100.
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

  /** Whether a call that failed in this attempt (counted from 1) may try again; pays for it if so. */
  spend(attempt: number, pressure: Pressure): boolean {
    // The load of such retries is bounded by adaptive-concurrency.ts; the budget would turn waiting into failures.
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
