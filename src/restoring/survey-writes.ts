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
import { type DueWrite, lookAndDecide } from './write-object.ts';

/** A write of which nothing is known but its destination. */
export function unseenWrite(destination: Destination): DueWrite {
  return { destination, decision: WRITE_IF_ABSENT, isUnseen: true };
}

/**
 * The same, where the key was deleted before. What was deleted may have had the same bytes, and a second delivery of that deletion may
 * have seen its ETag and be about to delete it: a write of another ETag is safe from that. See put-as-part.ts.
 */
function rewrite({ size }: { readonly size: number }, destination: Destination): DueWrite {
  const write = unseenWrite(destination);
  return size === 0 ? write : { ...write, decision: { ...WRITE_IF_ABSENT, sameBytes: true } };
}

/** Writes whose keys nobody has looked at, to destinations that are to have the object. */
export function unseenWrites(
  object: { readonly key: string; readonly size: number },
  destinations: readonly Destination[],
  watch: DeletionWatch | undefined,
): DueWrite[] {
  if (watch?.wasDeletedBefore(object) === true) return destinations.map((destination) => rewrite(object, destination));
  return destinations.map(unseenWrite);
}

/**
 * The writes that a manifest's objects need, object by object. Small objects of a first delivery are looked at when they
 * are written, if at all: what keys usually are decides (key-history.ts). Looking at once pays where sending the bytes for
 * nothing is dear (large objects), or where much is likely to exist already (a redelivered archive).
 */
export async function surveyWrites(
  objects: readonly ManifestObject[],
  destinations: readonly Destination[],
  survey: {
    readonly looksFirst: (object: ManifestObject) => boolean;
    readonly describe: (object: ManifestObject) => RestorableObject;
    readonly run: RestoreRun;
    readonly progress: RestoreProgress;
    /** Absent where no destination replicates deletions. */
    readonly watch?: DeletionWatch | undefined;
  },
): Promise<(readonly DueWrite[])[]> {
  const fresh = destinations.map(unseenWrite);
  const { looksFirst, describe, run, progress, watch } = survey;
  return Promise.all(
    objects.map(async (object) => {
      const fits = fittingDestinations(object, destinations, progress);
      const fitting =
        watch === undefined ? fits : await leaveOutDeleted(describe(object), fits, watch, { run, progress });
      if (!looksFirst(object)) {
        const isFresh = fitting === destinations && watch?.wasDeletedBefore(object) !== true;
        return isFresh ? fresh : unseenWrites(object, fitting, watch);
      }
      const due = await Promise.all(
        fitting.map((destination) => run.puts(() => surveyWrite(describe(object), destination, run, progress))),
      );
      return due.filter((write) => write !== undefined);
    }),
  );
}

/** The destinations that are to have the object: those that replicate deletions are not, once it was deleted at the source. */
export async function leaveOutDeleted(
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
  const [deleting, keeping] = [true, false].map((replicates) =>
    destinations.filter(({ deletes }) => (deletes === 'replicate') === replicates),
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

/** In place of writing an object that something newer has overtaken: an earlier attempt may have written some of it. Never rejects. */
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

/** The destinations whose prefix leaves room for the key. To the others the object fails, and nothing else does. */
export function fittingDestinations(
  object: { readonly key: string },
  destinations: readonly Destination[],
  progress: RestoreProgress,
): readonly Destination[] {
  if (destinations.every((destination) => fitsKey(object, destination))) return destinations;
  return destinations.filter((destination) => {
    if (fitsKey(object, destination)) return true;
    const location = locationAt(object, destination);
    const bytes = Buffer.byteLength(location.key);
    const message = `The key for "${object.key}" in bucket "${location.bucket}" has ${bytes} bytes with the prefix of the destination; S3 takes ${MAX_KEY_BYTES}. Shorten target_prefix or the key.`;
    progress.fail(location, new TargetKeyTooLongError(message, { context: { ...location, bytes } }));
    return false;
  });
}

/**
 * Looks at one key. What needs no write is settled here.
 * @returns undefined when there is nothing to write, or when the look failed
 */
export async function surveyWrite(
  object: RestorableObject,
  destination: Destination,
  run: RestoreRun,
  progress: RestoreProgress,
): Promise<DueWrite | undefined> {
  const location = locationAt(object, destination);
  try {
    const decision = await lookAndDecide(object, destination, run);
    if (decision.kind === 'write') return { destination, decision };
    await abortUnusedParts(object, destination, run);
    progress.settled(location, object, decision.result);
  } catch (thrown) {
    progress.fail(location, asCompressorError(thrown));
  }
  return undefined;
}

/** What an interrupted attempt has sent of an object that something newer has overtaken would stay in the bucket, and cost. */
async function abortUnusedParts(
  object: RestorableObject,
  destination: Destination,
  { store, limits, signal }: RestoreRun,
): Promise<void> {
  const plan = planUpload(object, destination, largeSliceLength(object.size), limits);
  if (plan !== undefined) await abortMarkedUploads(store, plan, signal);
}
