/** Virtual time that everything of one history shares. */
export class Clock {
  /** Milliseconds since 1970. */
  #now = Date.parse('2026-03-01T00:00:00Z');
  #writes = 0;

  readonly now = (): number => this.#now;

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** S3's order of the next write, for all buckets of a history. */
  nextSequencer(): string {
    this.#writes += 1;
    return this.#writes.toString(16).padStart(16, '0').toUpperCase();
  }
}
