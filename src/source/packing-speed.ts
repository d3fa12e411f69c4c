/**
 * zstd's speed on one core, in MB/s, by level: text in 8 MiB frames, one x86 core (docs/decisions/0003-packing-speed.md).
 * Levels between two rows take the slower one. Only the first archive of a process is predicted from this.
 */
const MEASURED: readonly (readonly [level: number, megabytesPerSecond: number])[] = [
  [-5, 600],
  [1, 400],
  [3, 230],
  [6, 75],
  [9, 45],
  [12, 26],
  [15, 5],
  [19, 2],
  [22, 1],
];
/** A run that ends too early costs nothing; one that is cut off has worked for nothing. */
const SAFETY = 0.6;
/** What one function instance gets from S3, whatever its CPUs do. */
const NETWORK_MEGABYTES_PER_SECOND = 70;
/** Weight of the newest archive against all before it. */
const LEARNING_RATE = 0.5;
/** Requests to begin and end an archive. */
const FIXED_SECONDS = 1;
/** Per object: a GET, a tar header, a manifest entry. */
const SECONDS_AN_OBJECT = 0.001;

export interface PackingWork {
  readonly bytes: number;
  readonly objects: number;
  readonly level: number;
}

/** Predicts how long an archive will take, from a table first and from the archives of this process after that. */
export class PackingSpeed {
  readonly #threads: number;
  /** Measured over predicted seconds, by level. */
  readonly #corrections = new Map<number, number>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Seconds, on the safe side. */
  predict(work: PackingWork): number {
    return this.#tableSeconds(work) * (this.#corrections.get(work.level) ?? 1);
  }

  learn(work: PackingWork, seconds: number): void {
    const measured = (seconds / SAFETY + FIXED_SECONDS) / this.#tableSeconds(work);
    const known = this.#corrections.get(work.level) ?? measured;
    this.#corrections.set(work.level, known + LEARNING_RATE * (measured - known));
  }

  #tableSeconds({ bytes, objects, level }: PackingWork): number {
    const row = MEASURED.find(([candidate]) => candidate >= level) ?? [22, 1];
    const speed = Math.min(row[1] * this.#threads, NETWORK_MEGABYTES_PER_SECOND) * SAFETY;
    return FIXED_SECONDS + bytes / (speed * 1e6) + objects * SECONDS_AN_OBJECT;
  }
}
