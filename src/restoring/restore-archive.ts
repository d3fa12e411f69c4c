import { parseKeyTime } from '../archive/key-time.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import { parseResentKey } from '../configuration/resend-prefix.ts';
import { originOf } from '../storage/provenance.ts';
import { admitRestore, restoringWork } from './admit-restore.ts';
import { authorizeArchive, type RuleHere, rulesOfRegion } from './authorize-archive.ts';
import { watchDeletions } from './deletions/deletion-watch.ts';
import type { InboundArchive, RestoreRun } from './dependencies.ts';
import { findDueWrites } from './find-due-writes.ts';
import { type OpenedArchive, openArchive } from './open-archive.ts';
import { restorePublicArchive } from './public/restore-public-archive.ts';
import { makeRestorableObject, type RestorableObject } from './restorable-object.ts';
import { restoreFrames } from './restore-frames.ts';
import { RestoreProgress, type RestoreSummary } from './restore-progress.ts';
import type { WriteContext } from './settle-write.ts';

/** `again`: nothing was attempted, since it would not have finished in the remaining time. */
export type RestoreEnd = 'restored' | 'again';

/**
 * Restores every object of an archive to every destination of this region, then deletes the archive: `restored` means
 * that all of that is done. Until then the archive is kept, and another call does the rest.
 * @throws ArchiveGoneError when there is nothing left to do, ArchiveChangedError when another version is stored now,
 *   ArchiveNotRestoredError when objects are missing, ArchiveOverLimitsError, and the reason why an archive cannot be
 *   opened or may not be restored
 */
export async function restoreArchive(arrived: InboundArchive, shared: RestoreRun): Promise<RestoreEnd> {
  const { archive, run } = noteRepetition(arrived, shared);
  const started = run.now();
  const progress = new RestoreProgress(archive, run);
  const opened = await openArchive(archive, run);
  const rules = rulesOfRegion(run.rules, run.region);
  const summary =
    opened === undefined
      ? await restorePublicArchive(archive, rules, { run, progress })
      : await restoreOwnArchive(archive, opened, rules, { run, progress });
  if (summary === undefined) return 'again';
  const { restored, overwritten, skipped, bytes, cpuSeconds, latency } = progress;
  const written = {
    rule: summary.rule,
    bucket: archive.bucket,
    key: archive.key,
    restored,
    overwritten,
    skipped,
    ...progress.deletions,
    latency,
  };
  try {
    progress.assertComplete(summary);
  } catch (thrown) {
    run.telemetry.archivePartlyRestored(written);
    throw thrown;
  }
  const seconds = (run.now() - started) / 1000;
  if (summary.due > 0 && restored === summary.due) run.speed.learn(summary.work, seconds);
  run.telemetry.archiveRestored({
    ...written,
    objects: summary.due,
    bytes,
    archiveBytes: archive.size,
    decompressionCpuSeconds: cpuSeconds,
    seconds,
  });
  // The message is acknowledged after this. If it fails, the next delivery finds everything restored and only deletes.
  await run.store.remove(archive);
  return 'restored';
}

/** @returns undefined if it is not started, see `admitRestore` */
async function restoreOwnArchive(
  archive: InboundArchive,
  opened: OpenedArchive,
  rules: readonly RuleHere[],
  { run: shared, progress }: WriteContext,
): Promise<RestoreSummary | undefined> {
  const { manifest } = opened;
  const { rule, destinations } = authorizeArchive(archive, manifest, rules);
  const work = restoringWork(archive, manifest, destinations);
  if (admitRestore(archive, work, shared) === 'again') return undefined;
  const origin = originOf(rule.source.bucket);
  const describe = (object: ManifestObject): RestorableObject => makeRestorableObject(object, origin);
  const { objects, deletions = [] } = manifest;
  const watched = { archive, rule: rule.id, origin, destinations, objects, deletions };
  const watch = await watchDeletions(
    {
      ...watched,
      describe: (index) => {
        const object = objects[index];
        return object === undefined ? undefined : describe(object);
      },
    },
    { run: shared, progress },
  );
  const run = { ...shared, removals: watch };
  const shouldLookFirst = ({ frames = 1, by_removal }: ManifestObject): boolean =>
    archive.isRedelivered || frames > 1 || (watch !== undefined && by_removal === true);
  const due = await findDueWrites(objects, destinations, { shouldLookFirst, describe, run, progress, watch });
  await restoreFrames({ opened, due, describe, run, progress });
  await watch?.finish();
  const summary = { rule: rule.id, due: objects.length * destinations.length, work };
  return watch === undefined ? summary : { ...summary, deletionsDue: watch.deletionsDue };
}

/** An archive that is older than this may have been restored before under another message. */
const LATE_MILLISECONDS = 86_400_000;

/**
 * Whether the archive may have been restored before, whatever its message says: then there is a HEAD of each of its
 * keys first.
 */
function noteRepetition(archive: InboundArchive, run: RestoreRun): { archive: InboundArchive; run: RestoreRun } {
  const { key, isRedelivered } = archive;
  const repeatedSince = parseKeyTime(key.slice(key.lastIndexOf('/') + 1)) ?? Number.NEGATIVE_INFINITY;
  const isLate = Number.isFinite(repeatedSince) && run.now() - repeatedSince > LATE_MILLISECONDS;
  const isResent = parseResentKey(key).region !== undefined;
  if (!isRedelivered && !isLate && !isResent) return { archive, run };
  return { archive: { ...archive, isRedelivered: true }, run: { ...run, repeatedSince } };
}
