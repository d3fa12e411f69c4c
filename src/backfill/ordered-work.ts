/** Runs units of work concurrently, and reports completion in order: a unit counts once all before it are done. */
export class OrderedWork<T> {
  readonly #limit: number;
  readonly #onDone: (unit: T) => void;
  readonly #queue: { readonly unit: T; done: boolean }[] = [];
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  /**
   * @param limit concurrent units
   * @param onDone called for each unit, in order, when it and all before it are done
   */
  constructor(limit: number, onDone: (unit: T) => void) {
    this.#limit = limit;
    this.#onDone = onDone;
  }

  /** Starts a unit when there is room. @throws the error of an earlier unit */
  async add(unit: T, work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit && this.#failure === undefined) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.thrown;
    const entry = { unit, done: false };
    this.#queue.push(entry);
    const running = work()
      .then(
        () => {
          entry.done = true;
          this.#tell();
        },
        (thrown: unknown) => {
          this.#failure ??= { thrown };
        },
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when no unit is running, even if some failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** @throws the error of a unit */
  async finish(): Promise<void> {
    await this.settled();
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  #tell(): void {
    while (this.#queue[0]?.done === true) {
      const [first] = this.#queue.splice(0, 1);
      if (first !== undefined) this.#onDone(first.unit);
    }
  }
}
