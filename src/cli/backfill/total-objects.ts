/**
 * The number of objects that a backfill will queue: counted before it, known from an earlier run, or counted while it
 * queues.
 */
export class TotalObjects implements Disposable {
  readonly #stop = new AbortController();
  #objects: number | undefined;

  constructor(known: number | undefined) {
    this.#objects = known;
  }

  /** Undefined while it is unknown. */
  get objects(): number | undefined {
    return this.#objects;
  }

  /**
   * Counts concurrently with the other work. Only the estimate of the remaining time depends on it, so a failure just
   * ends the counting.
   */
  countBeside(count: (signal: AbortSignal) => Promise<{ readonly objects: number }>): void {
    if (this.#objects !== undefined) return;
    count(this.#stop.signal).then(
      ({ objects }) => {
        this.#objects = objects;
      },
      () => undefined,
    );
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}
