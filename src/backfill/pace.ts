import type { Clock } from './dependencies.ts';

export interface PaceLimits {
  /** Objects per second. Absent: as fast as it goes. */
  readonly rate?: number | undefined;
  readonly bytesPerHour?: number | undefined;
}

const HOUR_MILLISECONDS = 3_600_000;
/** A timer of Node takes 24.8 days; it fires at once when it is asked for more. */
const MAX_SLEEP = 24 * HOUR_MILLISECONDS;
/** Objects that are let through at once, where a rate allows them. */
const MAX_CHUNK = 1000;
/** What SQS takes in one call: less costs as much. */
const MIN_CHUNK = 10;

/** Holds back work so that neither objects per second nor bytes per hour exceed their limits, but for one chunk. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  /** When the next chunk may go, in milliseconds since 1970. */
  #next = Number.NEGATIVE_INFINITY;

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Objects that should be let through at once: those of a second. */
  get chunk(): number {
    const { rate = MAX_CHUNK, bytesPerHour } = this.#limits;
    if (bytesPerHour !== undefined) return MIN_CHUNK;
    return Math.min(MAX_CHUNK, Math.max(MIN_CHUNK, Math.floor(rate)));
  }

  /** Resolves when so much may go. @throws the reason of the signal */
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
