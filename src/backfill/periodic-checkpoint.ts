import type { Clock } from './dependencies.ts';

/** The most work that is repeated after a kill. */
const CHECKPOINT_SECONDS = 5;

/**
 * Saves the progress of a run: periodically, and when it ends. A position that is already saved is not written again.
 */
export class PeriodicCheckpoint {
  /** Everything up to here is done; undefined before the first unit. */
  position: string | undefined;
  readonly #write: (position: string) => Promise<void>;
  readonly #clock: Clock;
  #saved: string | undefined;
  #savedAt: number;

  /** @param resumed position of the run that is resumed */
  constructor(resumed: string | undefined, clock: Clock, write: (position: string) => Promise<void>) {
    this.position = resumed;
    this.#saved = resumed;
    this.#clock = clock;
    this.#savedAt = clock.now();
    this.#write = write;
  }

  /** Saves if `CHECKPOINT_SECONDS` have passed. */
  async saveWhenDue(): Promise<void> {
    if (this.#clock.now() - this.#savedAt >= 1000 * CHECKPOINT_SECONDS) await this.save();
  }

  async save(): Promise<void> {
    this.#savedAt = this.#clock.now();
    if (this.position === undefined || this.position === this.#saved) return;
    this.#saved = this.position;
    await this.#write(this.position);
  }
}
