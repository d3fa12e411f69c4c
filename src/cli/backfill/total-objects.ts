/** How many objects a backfill will queue: counted before it, known from an earlier run, or counted while it queues. */
export class TotalObjects implements Disposable {
  readonly #stop = new AbortController();
  #objects: number | undefined;

  constructor(known: number | undefined) {
    this.#objects = known;
  }

  /** Undefined as long as it is not known. */
  get objects(): number | undefined {
    return this.#objects;
  }

  /** Counts beside what else is done. Nothing but the time left depends on it, so that a failure is the end of it, and no more. */
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
