/** The end of the time that a piece of work has: a signal for everything that the work calls. Dispose of it with the work. */
export class Deadline implements Disposable {
  /** Aborts when the time is over, with the reason, or when `stop` does. */
  readonly signal: AbortSignal;
  readonly #time = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param milliseconds from now on; infinite for a fallback task, which has all the time there is
   * @param reason what the work fails with
   * @param stop ends the work earlier
   */
  constructor(milliseconds: number, reason: () => Error, stop?: AbortSignal) {
    // A timer takes an infinite time for none at all.
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

  /** Why the time is over; undefined while it is not, whatever `stop` says. */
  get reason(): Error | undefined {
    return this.#time.signal.aborted ? (this.#time.signal.reason as Error) : undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
