/** The work to do: the objects of one archive, at the source or at the target. */
export interface Work {
  /** Bytes of all its objects. */
  readonly bytes: number;
  /** Bytes of the largest of them. */
  readonly largest: number;
  /** Predicted for this process, with a safety margin: at the level's measured speed, or at that of restoring. */
  readonly seconds: number;
  /** Seconds that the target's function will need for it. Absent at the target itself. */
  readonly restoreSeconds?: number;
  /** Whether it can be split into halves: an archive of several objects that is not yet written. */
  readonly isDivisible: boolean;
}

/** The limits of one invocation of the calling process. */
export interface RunLimits {
  /** Max bytes of one object per invocation. */
  readonly objectBytes: number;
  /** Max bytes of all objects per invocation. */
  readonly totalBytes: number;
  /** Seconds that an invocation has from its beginning. */
  readonly wholeRun: number;
  /** Seconds that this invocation has left. */
  readonly secondsLeft: number;
  /** Seconds that an invocation of the target's function has. Absent at the target itself. */
  readonly restoreRun?: number;
}

/**
 * Where work is done: in this invocation, in a later invocation of the same queue, in two halves (each of which is
 * considered again), or by a fallback task.
 */
export type Admission = 'here' | 'again' | 'halves' | 'fallback';

/**
 * Decides where an archive is packed or restored, so that no invocation starts work that it cannot finish. The first
 * row that matches decides; `-` matches anything.
 *
 * | largest object  | all bytes       | seconds          | restore seconds    | divisible | admission    |
 * |-----------------|-----------------|------------------|--------------------|-----------|----------|
 * | > objectBytes   | -               | -                | -                  | no        | fallback |
 * | > objectBytes   | -               | -                | -                  | yes       | halves   |
 * | -               | > totalBytes    | -                | -                  | no        | fallback |
 * | -               | > totalBytes    | -                | -                  | yes       | halves   |
 * | -               | -               | > wholeRun       | -                  | no        | fallback |
 * | -               | -               | > wholeRun       | -                  | yes       | halves   |
 * | -               | -               | -                | > restoreRun       | yes       | halves   |
 * | -               | -               | > secondsLeft    | -                  | -         | again    |
 * | -               | -               | <= secondsLeft   | -                  | -         | here     |
 *
 * The number of objects only matters through the two predictions. A single object that the target's function could not
 * restore in an invocation is still packed here: the target also calls this function, and hands the archive to its own
 * fallback. Work that equals a limit is within it.
 */
export function decideAdmission(work: Work, limits: RunLimits): Admission {
  const { isDivisible, restoreSeconds = 0 } = work;
  const { restoreRun = Number.POSITIVE_INFINITY } = limits;
  const exceedsRun =
    work.largest > limits.objectBytes || work.bytes > limits.totalBytes || work.seconds > limits.wholeRun;
  if (exceedsRun) return isDivisible ? 'halves' : 'fallback';
  if (isDivisible && restoreSeconds > restoreRun) return 'halves';
  return work.seconds > limits.secondsLeft ? 'again' : 'here';
}
