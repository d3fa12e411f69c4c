/** What has to be done: the objects of one archive, on either side. */
export interface Work {
  /** Bytes of all its objects. */
  readonly bytes: number;
  /** Bytes of the largest of them. */
  readonly largest: number;
  /** Predicted for this process, on the safe side: at the level's measured speed, or at that of restoring. */
  readonly seconds: number;
  /** Seconds that the target's function will need for it. Absent at the target itself. */
  readonly restoreSeconds?: number;
  /** Whether it can be done in two halves: an archive that is not yet written, of more than one object. */
  readonly divisible: boolean;
}

/** What one invocation of the process that asks can hold. */
export interface RunLimits {
  /** Bytes of the largest object that an invocation takes. */
  readonly objectBytes: number;
  /** Bytes of all objects that an invocation takes. */
  readonly totalBytes: number;
  /** Seconds that any invocation has, from its beginning. */
  readonly wholeRun: number;
  /** Seconds that this invocation has left. */
  readonly secondsLeft: number;
  /** Seconds that an invocation of the target's function has. Absent at the target itself. */
  readonly restoreRun?: number;
}

/**
 * Where work is done: in this invocation, in a later invocation of the same queue, in two halves (each of which is asked about again),
 * or by a fallback task.
 */
export type Admission = 'here' | 'again' | 'halves' | 'fallback';

/**
 * Decides where an archive is packed or restored, so that nothing is tried in an invocation that is known not to finish there.
 * The first row that holds decides; `-` is either.
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
 * The number of objects counts through the two predictions. One object that the target's function could not restore in
 * an invocation is packed here all the same: the target asks this function, too, and sends the archive to its own fallback. Work
 * that equals a limit is held.
 */
export function decideAdmission(work: Work, limits: RunLimits): Admission {
  const { divisible, restoreSeconds = 0 } = work;
  const { restoreRun = Number.POSITIVE_INFINITY } = limits;
  const overRun = work.largest > limits.objectBytes || work.bytes > limits.totalBytes || work.seconds > limits.wholeRun;
  if (overRun) return divisible ? 'halves' : 'fallback';
  if (divisible && restoreSeconds > restoreRun) return 'halves';
  return work.seconds > limits.secondsLeft ? 'again' : 'here';
}
