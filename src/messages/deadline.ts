/**
 * Milliseconds that are reserved at the end of an invocation, for what has to follow its deadline. A fallback task has
 * unlimited time.
 */
export const RESERVED_MILLISECONDS = {
  /** Uploads and copies are aborted, and messages are settled. */
  settling: 10_000,
  /** The target begins no archive: it could not restore much of it. */
  beginning: 30_000,
  /** A task of Step Functions ends its requests, writes its checkpoint or sends its messages, and returns. */
  answering: 60_000,
  /** The watermark reports in metrics and logs what is unknown. */
  reporting: 30_000,
} as const;

/** The time that one invocation has for its work. */
export interface RunClock {
  /** Seconds that an invocation has from its beginning. */
  readonly wholeRun: number;
  readonly secondsLeft: () => number;
}

/**
 * @param remainingMilliseconds what is left of this invocation
 * @param reserved milliseconds of it that are not for the work
 */
export function startRunClock(remainingMilliseconds: () => number, reserved: number): RunClock {
  const secondsLeft = (): number => (remainingMilliseconds() - reserved) / 1000;
  return { wholeRun: secondsLeft(), secondsLeft };
}

/** A time limit for a piece of work: its signal goes into every call that the work makes. Dispose of it when the work ends. */
export class Deadline implements Disposable {
  /** Aborts when the time is over, with the reason, or when `stop` does. */
  readonly signal: AbortSignal;
  readonly #time = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param milliseconds from now on; if none are left, the deadline has passed; infinite for a fallback task
   * @param reason the error that the work fails with
   * @param stop ends the work earlier
   */
  constructor(milliseconds: number, reason: () => Error = timeOver, stop?: AbortSignal) {
    if (milliseconds <= 0) this.#time.abort(reason());
    // A timer treats infinity as zero.
    else if (Number.isFinite(milliseconds)) {
      this.#timer = setTimeout(() => {
        this.#time.abort(reason());
      }, milliseconds);
    }
    this.signal = stop === undefined ? this.#time.signal : AbortSignal.any([this.#time.signal, stop]);
  }

  /** The reason once the time is over; undefined before, even if `stop` has aborted. */
  get reason(): Error | undefined {
    return this.#time.signal.aborted ? (this.#time.signal.reason as Error) : undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function timeOver(): Error {
  return new DOMException('The invocation has run out of time', 'TimeoutError');
}
