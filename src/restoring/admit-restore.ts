import type { Manifest } from '../archive/manifest.ts';
import type { Destination } from '../configuration/rule.ts';
import { decideAdmission } from '../limits/decide-admission.ts';
import type { RestoringWork } from '../limits/restoring-speed.ts';
import { type ArchiveVersion, archiveName, type RestoreRun } from './dependencies.ts';
import { ArchiveOverLimitsError } from './errors.ts';

/** The work of restoring an archive to the destinations of this region. */
export function restoringWork(
  { size: archiveBytes }: ArchiveVersion,
  { objects }: Pick<Manifest, 'objects'>,
  destinations: readonly Destination[],
): RestoringWork {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return { archiveBytes, bytes, objects: objects.length, destinations: destinations.length };
}

/**
 * Decides whether an archive is restored in this invocation. Without a fallback, an archive that is only slow is
 * attempted anyway: restored objects stay restored, so each attempt gets further.
 * @throws ArchiveOverLimitsError if it exceeds what any invocation can do
 */
export function admitRestore(archive: ArchiveVersion, work: RestoringWork, run: RestoreRun): 'here' | 'again' {
  const { limits, fallback, speed, wholeRun } = run;
  const { bytes } = work;
  const seconds = speed.predict(work);
  const admission = decideAdmission(
    { bytes, largest: 0, seconds, isDivisible: false },
    {
      objectBytes: Number.POSITIVE_INFINITY,
      totalBytes: limits.maxRestoredBytes,
      wholeRun: fallback === undefined ? Number.POSITIVE_INFINITY : wholeRun,
      secondsLeft:
        fallback === undefined
          ? Number.POSITIVE_INFINITY
          : (run.remainingMilliseconds() - limits.stopReserveMilliseconds) / 1000,
    },
  );
  if (admission === 'here' || admission === 'again') return admission;
  const name = archiveName(archive);
  throw new ArchiveOverLimitsError(
    `${name} restores to ${bytes} bytes in about ${Math.round(seconds)} s; an invocation can do at most ${limits.maxRestoredBytes} bytes and ${Math.round(wholeRun)} s. Send it to a fallback task.`,
    { context: { archive: name, size: bytes, limit: limits.maxRestoredBytes, predictedSeconds: Math.round(seconds) } },
  );
}
