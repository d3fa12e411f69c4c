/**
 * zstd's speed on one core, in MB/s, by level: text in 8 MiB frames, one x86 core (docs/decisions/0003-packing-speed.md).
 * Levels between two rows use the slower one. Only the first archive of a process is predicted from this.
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
/** Stopping too early costs little; an invocation that times out has worked for nothing. */
const SAFETY = 0.6;
/** What one function instance can read from S3, regardless of its CPUs. */
const NETWORK_MEGABYTES_PER_SECOND = 70;
/**
 * An invocation may be slow for a temporary reason, such as throttling by S3. However slow it was, an ordinary object
 * must never seem too large for an invocation.
 */
const MAX_CORRECTION = 8;
/** Weight of the newest archive relative to all earlier ones. */
const LEARNING_RATE = 0.5;
/** The time of a smaller archive depends on one slow response, not on the speed of this process. */
const MIN_LESSON_SECONDS = 10;
/** Requests to begin and end an archive. */
const FIXED_SECONDS = 1;
/** Per object: a GET, a tar header, a manifest entry. */
const SECONDS_PER_OBJECT = 0.001;

/** A part of an archive that is packed at one level. */
export interface PackingWork {
  readonly bytes: number;
  readonly objects: number;
  readonly level: number;
}

/** Predicts how long an archive will take: at first from a table, then from the archives of this process. */
export class PackingSpeed {
  readonly #threads: number;
  /** Measured over predicted seconds, by level. */
  readonly #corrections = new Map<number, number>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Seconds, with a safety margin, for an archive whose parts are packed at these levels. */
  predict(works: readonly PackingWork[]): number {
    return works.reduce((sum, work) => sum + this.#tableSeconds(work) * (this.#corrections.get(work.level) ?? 1), 0);
  }

  /** The same from the table alone: the prediction of a process that has learned nothing yet. */
  predictUnlearned(works: readonly PackingWork[]): number {
    return works.reduce((sum, work) => sum + this.#tableSeconds(work), 0);
  }

  /** An archive with several levels counts for all of them alike. One that is too small is ignored. */
  learn(works: readonly PackingWork[], seconds: number): void {
    const measured = this.#measure(works, seconds);
    if (measured === undefined) return;
    for (const { level } of works) {
      const known = this.#corrections.get(level) ?? measured;
      this.#corrections.set(level, known + LEARNING_RATE * (measured - known));
    }
  }

  /**
   * An archive was cut off after this many seconds: it would have taken longer, so the correction rises to that at
   * once.
   */
  learnCutOff(works: readonly PackingWork[], seconds: number): void {
    const measured = this.#measure(works, seconds);
    if (measured === undefined) return;
    for (const { level } of works) {
      this.#corrections.set(level, Math.max(measured, this.#corrections.get(level) ?? 1));
    }
  }

  /**
   * Measured divided by predicted seconds, with a safety margin; undefined for an archive that should take only a few.
   */
  #measure(works: readonly PackingWork[], seconds: number): number | undefined {
    const expected = this.predictUnlearned(works);
    if (expected < MIN_LESSON_SECONDS) return undefined;
    return Math.min((seconds / SAFETY + FIXED_SECONDS) / expected, MAX_CORRECTION);
  }

  /** Whether the network, not the compression, decides how long an archive takes at this level. */
  outrunsNetwork(level: number): boolean {
    return tableSpeed(level) * this.#threads >= NETWORK_MEGABYTES_PER_SECOND;
  }

  #tableSeconds({ bytes, objects, level }: PackingWork): number {
    const speed = Math.min(tableSpeed(level) * this.#threads, NETWORK_MEGABYTES_PER_SECOND) * SAFETY;
    return FIXED_SECONDS + bytes / (speed * 1e6) + objects * SECONDS_PER_OBJECT;
  }
}

/** MB/s of one core. */
function tableSpeed(level: number): number {
  return MEASURED.find(([candidate]) => candidate >= level)?.[1] ?? 1;
}
