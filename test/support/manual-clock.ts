import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WorkerClock } from '../../src/worker/ports.ts';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that moves only when a test advances it. */
export class ManualClock implements WorkerClock {
  /** Not 0, because only differences matter. */
  #now = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const sleeper: Sleeper = {
      until: this.#now + milliseconds,
      wake: () => {
        this.#sleepers.delete(sleeper);
        resolve(undefined);
      },
    };
    this.#sleepers.add(sleeper);
    signal.addEventListener('abort', sleeper.wake, { once: true });
    await promise;
  }

  /** Advances step by step, so that code that sleeps repeatedly wakes up each time. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await nextTurn();
      const [next] = [...this.#sleepers].toSorted((left, right) => left.until - right.until);
      if (next === undefined || next.until > end) break;
      this.#now = next.until;
      next.wake();
    }
    this.#now = end;
    await nextTurn();
  }
}
