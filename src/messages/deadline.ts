/** A time limit for a piece of work: its signal goes into every call that the work makes. Dispose of it when the work ends. */
export class Deadline implements Disposable {
  /** Aborts when the time is over, with the reason, or when `stop` does. */
  readonly signal: AbortSignal;
  readonly #time = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param milliseconds from now on; infinite for a fallback task, whose time is unlimited
   * @param reason the error that the work fails with
   * @param stop ends the work earlier
   */
  constructor(milliseconds: number, reason: () => Error, stop?: AbortSignal) {
    // A timer treats infinity as zero.
    this.#timer = Number.isFinite(milliseconds)
      ? setTimeout(
          () => {
            this.#time.abort(reason());
          },
          Math.max(0, milliseconds),
        )
      : undefined;
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
