/** Bytes per second that one function instance exchanges with S3, in both directions together (docs/performance.md). */
const NETWORK_BYTES_PER_SECOND = 70e6;
/** zstd's slowest measured decompression and the check of its result, on one core. */
const DECOMPRESSED_BYTES_PER_SECOND = 400e6;
/** PUTs of small objects: 128 in flight at 20 ms each would be 6,400. */
const OBJECTS_PER_SECOND = 1000;
/** Stopping too early costs little; an invocation that times out has wasted its work. */
const SAFETY = 0.6;
/** Requests to open, settle and delete an archive. */
const FIXED_SECONDS = 1;
/** Weight of the newest archive relative to all earlier ones. */
const LEARNING_RATE = 0.5;
/** The time of a smaller archive depends more on one slow response than on the speed. */
const MIN_LESSON_SECONDS = 10;

export interface RestoringWork {
  readonly archiveBytes: number;
  /** Bytes of all objects. */
  readonly bytes: number;
  readonly objects: number;
  /** Destinations that each object is written to. */
  readonly destinations: number;
}

/**
 * Predicts how long an archive takes to restore: at first from figures measured for the documentation, then corrected
 * by the archives that this process has restored.
 */
export class RestoringSpeed {
  readonly #threads: number;
  /** Measured over predicted seconds. */
  #correction: number | undefined;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Seconds, with a safety margin. */
  predict(work: RestoringWork): number {
    return this.#plainSeconds(work) * (this.#correction ?? 1);
  }

  /** @param seconds that the work took */
  learn(work: RestoringWork, seconds: number): void {
    const plain = this.#plainSeconds(work);
    if (plain < MIN_LESSON_SECONDS) return;
    const measured = (seconds / SAFETY + FIXED_SECONDS) / plain;
    const known = this.#correction ?? measured;
    this.#correction = known + LEARNING_RATE * (measured - known);
  }

  #plainSeconds({ archiveBytes, bytes, objects, destinations }: RestoringWork): number {
    const network = (archiveBytes + bytes * destinations) / NETWORK_BYTES_PER_SECOND;
    const processors = bytes / (DECOMPRESSED_BYTES_PER_SECOND * this.#threads);
    const requests = (objects * destinations) / OBJECTS_PER_SECOND;
    return FIXED_SECONDS + Math.max(network, processors, requests) / SAFETY;
  }
}
