import type { Destination } from '../../configuration/rule.ts';
import { asCompressorError } from '../../errors.ts';
import { WriteConditionError } from '../../storage/errors.ts';
import { needsTags, type ProvenanceStamp, stampOf } from '../../storage/provenance.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { ExistingObject } from '../decide-write.ts';
import type { RestoreRun } from '../dependencies.ts';
import { locationAt } from '../restorable-object.ts';
import type { WriteContext } from '../settle-write.ts';
import type { DeletionResult } from '../telemetry.ts';
import { decideDeletion } from './decide-deletion.ts';
import type { SourceDeletion } from './deletion-memory.ts';

/** Each lost race means that another writer wrote the key in between; five in a row are a reason to try later. */
const MAX_ATTEMPTS = 5;

/** The order of a deletion among the writes to its key. @param origin see `originOf` */
export function deletionStamp({ eventTime, sequencer }: SourceDeletion, origin: string): ProvenanceStamp {
  return stampOf({ origin, etag: '', eventTime, sequencer });
}

/**
 * Deletes the object at a key of a destination if that is allowed: a HEAD and a conditional DELETE, repeated as long as
 * the key changes in between. In a bucket that keeps versions this adds a delete marker, and the version is kept.
 * @throws WriteConditionError after five lost races, and the errors of the storage port
 */
export async function deleteObject(
  deletion: SourceDeletion,
  origin: string,
  destination: Destination,
  run: Pick<RestoreRun, 'store' | 'signal' | 'telemetry'>,
): Promise<DeletionResult> {
  const location = locationAt(deletion, destination);
  const stamp = deletionStamp(deletion, origin);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    run.signal.throwIfAborted();
    const existing = await lookAtKey(location, run);
    const decision = decideDeletion(stamp, existing, location, destination.onConflict);
    if (decision.kind === 'skip') return decision.reason;
    if (!(await run.store.remove({ ...location, etag: decision.etag }))) continue;
    if (decision.isConflict) run.telemetry.conflictDeleted(location);
    return 'deleted';
  }
  const { bucket, key } = location;
  throw new WriteConditionError(`s3://${bucket}/${key} was written ${MAX_ATTEMPTS} times while we tried to delete it`, {
    context: { bucket, key },
  });
}

/** Carries out one of an archive's deletions, and reports the result to `progress`. Never rejects. */
export async function settleDeletion(
  deletion: SourceDeletion,
  origin: string,
  destination: Destination,
  { run, progress }: WriteContext,
): Promise<void> {
  const location = locationAt(deletion, destination);
  try {
    progress.deletionSettled(location, deletion, await deleteObject(deletion, origin, destination, run));
  } catch (thrown) {
    progress.fail(location, asCompressorError(thrown));
  }
}

/** The object at a key, with its tags if only they can say whose it is. @throws the errors of the storage port */
export async function lookAtKey(
  location: ObjectLocation,
  { store, signal }: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<ExistingObject | undefined> {
  const existing = await store.head(location, signal);
  if (existing === undefined || !needsTags(existing, location)) return existing;
  // The ETag ensures that the examined object is deleted; a successor's tags could only be those of another write with
  // the same bytes.
  const { tags, versionId } = await store.readTags(location, signal);
  const isSame = versionId === undefined || existing.versionId === undefined || versionId === existing.versionId;
  return isSame ? { ...existing, tags } : lookAtKey(location, { store, signal });
}
