import { FunctionEnvironment, type FunctionEnvironmentOptions } from './function-host/function-environment.ts';

export type FunctionHostOptions = FunctionEnvironmentOptions;

/**
 * Runs a bundled function as Lambda does: each concurrent invocation has its own environment (a process), which is
 * initialized once, kept warm and reused; one that crashed or timed out is replaced when needed.
 */
export class FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #busy = new Set<FunctionEnvironment>();
  /** The most recently used one is last and is reused first, so that few environments serve a light load. */
  readonly #idle: FunctionEnvironment[] = [];
  #coldStarts = 0;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
  }

  /** Environments that were started so far. */
  get coldStarts(): number {
    return this.#coldStarts;
  }

  /** @throws what `FunctionEnvironment.invoke` throws */
  async invoke(event: unknown): Promise<unknown> {
    const environment = this.#takeIdle() ?? this.#create();
    this.#busy.add(environment);
    try {
      return await environment.invoke(event);
    } finally {
      this.#busy.delete(environment);
      if (environment.isAlive) this.#idle.push(environment);
    }
  }

  /**
   * Kills one environment, preferably one with an invocation.
   *
   * @param random gives numbers from 0 up to but not including 1
   * @returns false when there was none to kill
   */
  killRandomEnvironment(random: () => number = Math.random): boolean {
    const candidates = this.#busy.size > 0 ? [...this.#busy] : this.#idle;
    const victim = candidates[Math.floor(random() * candidates.length)];
    victim?.kill();
    return victim !== undefined;
  }

  /** Ends all environments; invocations under way fail. Resolves when all of their output has been passed on. */
  async stop(): Promise<void> {
    const all = [...this.#busy, ...this.#idle.splice(0)];
    for (const environment of all) environment.kill();
    await Promise.all(all.map((environment) => environment.ended()));
  }

  #takeIdle(): FunctionEnvironment | undefined {
    let environment = this.#idle.pop();
    while (environment !== undefined && !environment.isAlive) environment = this.#idle.pop();
    return environment;
  }

  #create(): FunctionEnvironment {
    this.#coldStarts += 1;
    return new FunctionEnvironment(this.#options);
  }
}
