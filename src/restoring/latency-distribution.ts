/** A value that stands for `count` others, each within the distribution's error of it. */
export interface LatencyBin {
  /** Seconds. */
  readonly value: number;
  readonly count: number;
}

/** Largest relative distance of a latency from the value of its bin. */
export const LATENCY_ERROR = 0.02;
/** Width of a bin, so that its middle is within the error of both ends (DDSketch: Masson, Rim, Lee, VLDB 2019). */
const GROWTH = Math.log((1 + LATENCY_ERROR) / (1 - LATENCY_ERROR));
/** Seconds below which latencies are not distinguished, since events have milliseconds. */
const SHORTEST = 0.001;

/**
 * Latencies of any number of objects as a few numbers: bins of equal relative width, at most 524 between a millisecond
 * and the 14 days that a message lives. Every quantile of the bins is within LATENCY_ERROR of that of the objects.
 */
export class LatencyDistribution {
  readonly #bins = new Map<number, number>();
  #shortest = Number.POSITIVE_INFINITY;
  #longest = 0;
  count = 0;

  /** @param seconds from the source event until the object was restored; clocks that disagree may make it negative */
  add(seconds: number): void {
    const latency = Math.max(SHORTEST, seconds);
    const bin = Math.ceil(Math.log(latency / SHORTEST) / GROWTH);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + 1);
    this.#shortest = Math.min(this.#shortest, latency);
    this.#longest = Math.max(this.#longest, latency);
    this.count += 1;
  }

  /** Seconds of the slowest object; 0 for none. */
  get longest(): number {
    return this.#longest;
  }

  /**
   * The shortest first. All values are within the range of the added ones, so a single latency, or many equal ones, are
   * exact.
   */
  bins(): LatencyBin[] {
    const ordered = [...this.#bins].toSorted(([left], [right]) => left - right);
    return ordered.map(([bin, count]) => {
      const middle = SHORTEST * Math.exp(bin * GROWTH) * (1 - LATENCY_ERROR);
      return { value: Math.min(this.#longest, Math.max(this.#shortest, middle)), count };
    });
  }
}
