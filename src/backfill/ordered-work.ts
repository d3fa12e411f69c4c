/** Units of work side by side, of which the caller wants to know how many from the first on are done. */
export class OrderedWork<T> {
  readonly #limit: number;
  readonly #onDone: (unit: T) => void;
  readonly #queue: { readonly unit: T; done: boolean }[] = [];
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly thrown: unknown } | undefined;

  /**
   * @param limit units at the same time
   * @param onDone called for each unit, in order, when it and all before it are done
   */
  constructor(limit: number, onDone: (unit: T) => void) {
    this.#limit = limit;
    this.#onDone = onDone;
  }

  /** Begins a unit when there is room. @throws what an earlier one threw */
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

  /** Resolves when nothing runs any more, whatever came of it. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** @throws what a unit threw */
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
