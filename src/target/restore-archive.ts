import type { Manifest, ManifestObject } from '../archive/manifest.ts';
import { originOf } from '../storage/provenance.ts';
import { authorizeArchive, type RuleHere, rulesOfRegion } from './authorize-archive.ts';
import { archiveName, type InboundArchive, type RestoreRun } from './dependencies.ts';
import { ArchiveOverLimitsError } from './errors.ts';
import { type OpenedArchive, openArchive } from './open-archive.ts';
import { restorableObject } from './restorable-object.ts';
import { restoreFrames } from './restore-frames.ts';
import { RestoreProgress, type RestoreSummary } from './restore-progress.ts';
import { restorePublicArchive } from './restore-public-archive.ts';
import type { WriteContext } from './settle-write.ts';
import { surveyWrites } from './survey-writes.ts';

/**
 * Restores every object of an archive to every destination of this region, then deletes the archive. It returns only
 * when all of that is done; until then the archive stays, and another call does what is missing.
 * @throws ArchiveGoneError when there is nothing to do any more, ArchiveNotRestoredError when objects are missing,
 *   ArchiveOverLimitsError, and for an archive that cannot be opened or may not be restored the reason
 */
export async function restoreArchive(archive: InboundArchive, run: RestoreRun): Promise<void> {
  const started = run.now();
  const progress = new RestoreProgress(archive, run);
  const opened = await openArchive(archive, run);
  const rules = rulesOfRegion(run.rules, run.region);
  const summary =
    opened === undefined
      ? await restorePublicArchive(archive, rules, { run, progress })
      : await restoreOwnArchive(archive, opened, rules, { run, progress });
  progress.assertComplete(summary.due);
  const { restored, skipped, bytes, cpuSeconds } = progress;
  run.telemetry.archiveRestored({
    rule: summary.rule,
    bucket: archive.bucket,
    key: archive.key,
    objects: summary.due,
    restored,
    skipped,
    bytes,
    archiveBytes: archive.size,
    decompressionCpuSeconds: cpuSeconds,
    seconds: (run.now() - started) / 1000,
    latencySeconds: Math.max(0, run.now() - summary.earliest) / 1000,
  });
  // The message is acknowledged after this. If it fails, the next delivery finds everything restored and deletes only.
  await run.store.remove(archive);
}

async function restoreOwnArchive(
  archive: InboundArchive,
  opened: OpenedArchive,
  rules: readonly RuleHere[],
  { run, progress }: WriteContext,
): Promise<RestoreSummary> {
  const { manifest } = opened;
  const { rule, destinations } = authorizeArchive(archive, manifest, rules);
  refuseOverLimits(archive, manifest, run);
  const origin = originOf(rule.source.bucket);
  const describe = (object: ManifestObject): ReturnType<typeof restorableObject> => restorableObject(object, origin);
  const looksFirst = ({ frames = 1 }: ManifestObject): boolean => archive.redelivered || frames > 1;
  const due = await surveyWrites(manifest.objects, destinations, { looksFirst, describe, run, progress });
  await restoreFrames({ opened, due, describe, run, progress });
  let earliest = archive.eventTime;
  for (const object of manifest.objects) earliest = Math.min(earliest, Date.parse(object.event_time));
  return { rule: rule.id, due: manifest.objects.length * destinations.length, earliest };
}

function refuseOverLimits(archive: InboundArchive, { objects }: Manifest, { limits }: RestoreRun): void {
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  if (size <= limits.maxRestoredBytes) return;
  const name = archiveName(archive);
  throw new ArchiveOverLimitsError(
    `${name} restores to ${size} bytes, a run takes at most ${limits.maxRestoredBytes}. Send it to a fallback task.`,
    { context: { archive: name, size, limit: limits.maxRestoredBytes } },
  );
}
