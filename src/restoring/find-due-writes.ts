import type { ManifestObject } from '../archive/manifest.ts';
import { largeSliceLength } from '../archive/plan-frames.ts';
import type { Destination } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import { MAX_KEY_BYTES } from '../units.ts';
import { WRITE_IF_ABSENT } from './decide-write.ts';
import type { DeletionWatch } from './deletions/deletion-watch.ts';
import type { RestoreRun } from './dependencies.ts';
import { TargetKeyTooLongError } from './errors.ts';
import { fitsKey, locationAt, type RestorableObject } from './restorable-object.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { abortMarkedUploads, planUpload } from './resume-upload.ts';
import type { WriteContext } from './settle-write.ts';
import type { RestoreSkipReason } from './telemetry.ts';
import { type DueWrite, headAndDecide } from './write-object.ts';

/** A write to an unknown key. */
export function uncheckedWrite(destination: Destination): DueWrite {
  return { destination, decision: WRITE_IF_ABSENT, isUnchecked: true };
}

/**
 * The same, where the key was deleted before. The deleted object may have had the same bytes, and a second delivery of
 * that deletion may have seen its ETag and be about to delete it: a write with another ETag is safe from that. See
 * put-as-part.ts.
 */
function rewrite({ size }: { readonly size: number }, destination: Destination): DueWrite {
  const write = uncheckedWrite(destination);
  return size === 0 ? write : { ...write, decision: { ...WRITE_IF_ABSENT, hasSameBytes: true } };
}

/** Writes to destinations that must have the object, whose keys are still unknown. */
export function uncheckedWrites(
  object: { readonly key: string; readonly size: number },
  destinations: readonly Destination[],
  watch: DeletionWatch | undefined,
): DueWrite[] {
  if (watch?.wasDeletedBefore(object) === true) return destinations.map((destination) => rewrite(object, destination));
  return destinations.map(uncheckedWrite);
}

/**
 * The writes that a manifest's objects need, object by object. The keys of small objects in a first delivery are
 * checked when they are written, if at all, depending on their history (existing-key-statistics.ts). Checking all keys
 * first pays off if sending bytes in vain is expensive (large objects), or if many objects probably exist already (a
 * redelivered archive).
 */
export async function findDueWrites(
  objects: readonly ManifestObject[],
  destinations: readonly Destination[],
  survey: {
    readonly shouldLookFirst: (object: ManifestObject) => boolean;
    readonly describe: (object: ManifestObject) => RestorableObject;
    readonly run: RestoreRun;
    readonly progress: RestoreProgress;
    /** Absent where no destination replicates deletions. */
    readonly watch?: DeletionWatch | undefined;
  },
): Promise<(readonly DueWrite[])[]> {
  const fresh = destinations.map(uncheckedWrite);
  const { shouldLookFirst, describe, run, progress, watch } = survey;
  return Promise.all(
    objects.map(async (object) => {
      const fits = destinationsWithRoom(object, destinations, progress);
      const fitting =
        watch === undefined ? fits : await skipDeletedDestinations(describe(object), fits, watch, { run, progress });
      if (!shouldLookFirst(object)) {
        const isFresh = fitting === destinations && watch?.wasDeletedBefore(object) !== true;
        return isFresh ? fresh : uncheckedWrites(object, fitting, watch);
      }
      const due = await Promise.all(
        fitting.map((destination) => run.puts(() => findDueWrite(describe(object), destination, run, progress))),
      );
      return due.filter((write) => write !== undefined);
    }),
  );
}

/** The destinations that must have the object: not those that replicate deletions, if it was deleted at the source. */
export async function skipDeletedDestinations(
  object: RestorableObject,
  destinations: readonly Destination[],
  watch: DeletionWatch,
  { run, progress }: WriteContext,
): Promise<readonly Destination[]> {
  if (watch.isSuperseded(object)) {
    await Promise.all(
      destinations.map((destination) =>
        run.puts(() => leaveOut(object, destination, 'newer-at-target', { run, progress })),
      ),
    );
    return [];
  }
  if (!watch.isDeleted(object)) return destinations;
  const [deleting, keeping] = [true, false].map((areReplicated) =>
    destinations.filter(({ deletes }) => (deletes === 'replicate') === areReplicated),
  ) as [Destination[], Destination[]];
  await Promise.all(
    deleting.map((destination) =>
      run.puts(() =>
        leaveOut(object, destination, 'deleted', { run, progress }, () => watch.deleteEarlier(object, destination)),
      ),
    ),
  );
  return keeping;
}

/**
 * Called instead of writing an object that something newer has overtaken: an earlier attempt may have sent parts of it.
 * Never rejects.
 */
async function leaveOut(
  object: RestorableObject,
  destination: Destination,
  reason: RestoreSkipReason,
  { run, progress }: WriteContext,
  before?: () => Promise<void>,
): Promise<void> {
  const location = locationAt(object, destination);
  try {
    await before?.();
    await abortUnusedParts(object, destination, run);
    progress.settled(location, object, reason);
  } catch (thrown) {
    progress.fail(location, asCompressorError(thrown));
  }
}

/** The destinations whose prefix leaves room for the key. At the others only this object fails. */
export function destinationsWithRoom(
  object: { readonly key: string },
  destinations: readonly Destination[],
  progress: RestoreProgress,
): readonly Destination[] {
  if (destinations.every((destination) => fitsKey(object, destination))) return destinations;
  return destinations.filter((destination) => {
    if (fitsKey(object, destination)) return true;
    const location = locationAt(object, destination);
    const bytes = Buffer.byteLength(location.key);
    const message = `The key for "${object.key}" in bucket "${location.bucket}" has ${bytes} bytes with the prefix of the destination; S3 allows ${MAX_KEY_BYTES}. Shorten target_prefix or the key.`;
    progress.fail(location, new TargetKeyTooLongError(message, { context: { ...location, bytes } }));
    return false;
  });
}

/**
 * Checks one key. If no write is needed, it is settled here.
 * @returns undefined when there is nothing to write, or when the check failed
 */
export async function findDueWrite(
  object: RestorableObject,
  destination: Destination,
  run: RestoreRun,
  progress: RestoreProgress,
): Promise<DueWrite | undefined> {
  const location = locationAt(object, destination);
  try {
    const decision = await headAndDecide(object, destination, run);
    if (decision.kind === 'write') return { destination, decision };
    await abortUnusedParts(object, destination, run);
    progress.settled(location, object, decision.result);
  } catch (thrown) {
    progress.fail(location, asCompressorError(thrown));
  }
  return undefined;
}

/** Parts of an object that something newer has overtaken would remain in the bucket, and cost money. */
async function abortUnusedParts(
  object: RestorableObject,
  destination: Destination,
  { store, limits, signal }: RestoreRun,
): Promise<void> {
  const plan = planUpload(object, destination, largeSliceLength(object.size), limits);
  if (plan !== undefined) await abortMarkedUploads(store, plan, signal);
}
