/** Virtual time, shared by everything in one history. */
export class Clock {
  /** Milliseconds since 1970. */
  #now = Date.parse('2026-03-01T00:00:00Z');
  #writes = 0;

  readonly now = (): number => this.#now;

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** S3's sequencer for the next write, for all buckets of a history. */
  nextSequencer(): string {
    this.#writes += 1;
    return this.#writes.toString(16).padStart(16, '0').toUpperCase();
  }
}
