export interface ConcurrencyOptions {
  /** Max calls in flight, from the first call on. */
  readonly most: number;
  /** Milliseconds; only differences count. Default: the system's clock. */
  readonly now?: () => number;
}

/** The fraction of the limit that remains after a cut. */
const CUT = 0.5;
/** Milliseconds. Responses to calls that were sent before a cut say nothing about its effect. */
const QUIET = 1_000;

interface WaitingCall {
  readonly admit: () => void;
}

/**
 * How many concurrent calls one bucket gets: additive increase, multiplicative decrease (D. Chiu, R. Jain, "Analysis of
 * the Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989). All clients of a prefix
 * that S3 throttles reduce their limits together and share its capacity, without knowing about each other.
 *
 * A call keeps its slot while it waits for its next attempt. If the slot were free meanwhile, another call would use it
 * and be refused, too: in `npm run simulate:backlog` that led to four times the refusals and took one and a half times
 * as long.
 *
 * | what happened                         | limit                           |
 * |---------------------------------------|---------------------------------|
 * | S3 throttled                          | x 0.5, once a second            |
 * | served, as many in flight as allowed  | + 1 after as many such calls    |
 * | anything else                         | stays                           |
 */
export class AdaptiveConcurrency {
  readonly #most: number;
  readonly #now: () => number;
  readonly #waiting = new Set<WaitingCall>();
  #limit: number;
  #inFlight = 0;
  #lastCut = Number.NEGATIVE_INFINITY;

  constructor({ most, now = Date.now }: ConcurrencyOptions) {
    this.#most = most;
    this.#limit = most;
    this.#now = now;
  }

  /** Calls that may be in flight, 1 at least. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Begins a call if one may begin now. In this common case it saves a turn of the event loop. @returns whether it has
   * begun
   */
  tryBegin(): boolean {
    if (this.#inFlight >= this.limit || this.#waiting.size > 0) return false;
    this.#inFlight += 1;
    return true;
  }

  /** Resolves when the call may begin: first come, first served. @throws the reason of the signal */
  begin(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.tryBegin()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting: WaitingCall = {
        admit: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#waiting.delete(waiting);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /**
   * S3 throttled a call in flight. The new limit is computed from the calls really in flight: a limit that was not
   * reached proves nothing.
   */
  noteThrottling(): void {
    if (this.#now() - this.#lastCut < QUIET) return;
    this.#lastCut = this.#now();
    this.#limit = Math.max(1, CUT * Math.min(this.#limit, this.#inFlight));
  }

  /** A call has ended: S3 served it, or it failed for a reason that says nothing about the load. */
  end(outcome: 'served' | 'failed'): void {
    if (outcome === 'served' && this.#inFlight >= this.limit)
      this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
    this.#inFlight -= 1;
    for (const waiting of this.#waiting) {
      if (this.#inFlight >= this.limit) return;
      this.#waiting.delete(waiting);
      this.#inFlight += 1;
      waiting.admit();
    }
  }
}
