import type { Clock } from './dependencies.ts';

export interface RateLimits {
  /** Objects per second. Absent: no limit. */
  readonly rate?: number | undefined;
  readonly bytesPerHour?: number | undefined;
}

const HOUR_MILLISECONDS = 3_600_000;
/** Node's timers are limited to 24.8 days; with a longer delay they fire at once. */
const MAX_SLEEP = 24 * HOUR_MILLISECONDS;
/** Max objects per chunk, if the rate allows them. */
const MAX_CHUNK = 1000;
/** Messages per SQS call; a smaller call costs the same. */
const MIN_CHUNK = 10;

/** Delays work so that neither objects per second nor bytes per hour exceed their limits by more than one chunk. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  /** When the next chunk may start, in milliseconds since 1970. */
  #next = Number.NEGATIVE_INFINITY;

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Objects per chunk: those of one second. */
  get chunk(): number {
    const { rate = MAX_CHUNK, bytesPerHour } = this.#limits;
    if (bytesPerHour !== undefined) return MIN_CHUNK;
    return Math.min(MAX_CHUNK, Math.max(MIN_CHUNK, Math.floor(rate)));
  }

  /** Resolves when this much work may start. @throws the reason of the signal */
  async admit(objects: number, bytes: number, signal: AbortSignal): Promise<void> {
    const { rate, bytesPerHour } = this.#limits;
    const takes = Math.max(
      rate === undefined ? 0 : (1000 * objects) / rate,
      bytesPerHour === undefined ? 0 : (HOUR_MILLISECONDS * bytes) / bytesPerHour,
    );
    if (takes === 0) return;
    const now = this.#clock.now();
    const start = Math.max(now, this.#next);
    this.#next = start + takes;
    for (let left = start - now; left > 0; left -= MAX_SLEEP) {
      await this.#clock.sleep(Math.min(left, MAX_SLEEP), signal);
    }
  }
}
