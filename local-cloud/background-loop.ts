/**
 * Work that repeats until it is stopped. An error ends it and is kept for callers that wait: otherwise a failure in the
 * background would end the whole process, or go unnoticed.
 */
export class BackgroundLoop {
  readonly #round: () => Promise<void>;
  readonly #failure = Promise.withResolvers<never>();
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(round: () => Promise<void>) {
    this.#round = round;
    this.#failure.promise.catch(() => undefined);
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  start(): void {
    this.#stopping = false;
    this.#running ??= this.#repeat().catch(this.fail);
  }

  /** Resolves when the round under way is over. Does not throw: `throwFailure` does. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    this.#running = undefined;
  }

  /** Reports a failure of work that a round has started and not awaited. */
  readonly fail = (error: unknown): void => {
    this.#stopping = true;
    this.#failure.reject(error);
  };

  /** The value of `work`, or the failure of the loop, whichever comes first. */
  orFailure<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#failure.promise, work]);
  }

  /** @throws the failure of the loop, if there was one */
  async throwFailure(): Promise<void> {
    await this.orFailure(Promise.resolve());
  }

  async #repeat(): Promise<void> {
    while (!this.#stopping) await this.#round();
  }
}
