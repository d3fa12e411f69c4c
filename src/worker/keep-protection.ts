import { asCompressorError, type CompressorError } from '../errors.ts';
import type { TaskProtection, WorkerClock } from './ports.ts';

const PROTECTED_MINUTES = 60;
/** Two renewals may fail before the protection expires. */
const RENEWAL_MILLISECONDS = 20 * 60_000;

export interface ProtectionOptions {
  /** Absent outside of ECS. */
  readonly protection?: TaskProtection | undefined;
  readonly clock: WorkerClock;
  readonly onFailure: (error: CompressorError) => void;
}

/**
 * Protects the task from scale-in from its first message until it has found the queue empty. Not message by message:
 * that would be two calls each, and ECS would see a gap between them. Work never waits for ECS to answer.
 */
export class ProtectionKeeper {
  readonly #options: ProtectionOptions;
  /** Present while the task is to be protected. */
  #held: AbortController | undefined;
  #calls: Promise<void> = Promise.resolve();

  constructor(options: ProtectionOptions) {
    this.#options = options;
  }

  hold(): void {
    const { protection } = this.#options;
    if (this.#held !== undefined || protection === undefined) return;
    this.#held = new AbortController();
    this.#enqueue(() => protection.protect(PROTECTED_MINUTES));
    void this.#renew(protection, this.#held.signal);
  }

  drop(): void {
    const { protection } = this.#options;
    if (this.#held === undefined || protection === undefined) return;
    this.#held.abort();
    this.#held = undefined;
    this.#enqueue(() => protection.release());
  }

  /** Removes the protection and resolves when ECS has been notified. */
  async close(): Promise<void> {
    this.drop();
    await this.#calls;
  }

  async #renew(protection: TaskProtection, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(RENEWAL_MILLISECONDS, signal);
      if (signal.aborted) return;
      this.#enqueue(() => protection.protect(PROTECTED_MINUTES));
    }
  }

  /** One after the other: a late response must not turn off protection that was requested again. */
  #enqueue(call: () => Promise<void>): void {
    this.#calls = this.#calls.then(call).catch((thrown: unknown) => {
      this.#options.onFailure(asCompressorError(thrown));
    });
  }
}
