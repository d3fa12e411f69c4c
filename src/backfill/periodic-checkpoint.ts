import type { Clock } from './dependencies.ts';

/** What is done again, at most, after a kill. */
const CHECKPOINT_SECONDS = 5;

/** Keeps how far a run is: now and then while it goes, and when it ends. A position that is kept already is not written again. */
export class PeriodicCheckpoint {
  /** Everything up to here is done; undefined before the first. */
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

  /** Saves when `CHECKPOINT_SECONDS` are over. */
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
