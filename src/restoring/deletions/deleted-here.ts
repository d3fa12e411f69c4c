import { findStamp, relateStamps } from '../../storage/provenance.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { RestoreRun } from '../dependencies.ts';
import type { RestorableObject } from '../restorable-object.ts';

/**
 * Whether a consumer has deleted the object at the destination after it was restored there, or something newer. Only a
 * bucket that keeps versions shows this, and it is checked only if the archive may have been restored before.
 *
 * | at the key                                                        | deleted here |
 * |-------------------------------------------------------------------|--------------|
 * | the archive comes for the first time and in time, or a backfill has queued the object | not checked |
 * | no delete marker                                                  | no           |
 * | a marker, below it the same write or a newer one                  | yes          |
 * | a marker, below it an older write of ours                         | no           |
 * | a marker, below it another writer's object, modified later        | yes          |
 * | a marker, below it another writer's object, modified before       | no           |
 * | a marker without a version below it                               | no           |
 *
 * The time of the marker alone is not enough: a write that was under way when an older version was deleted is newer
 * than the deleted version, but older than the marker.
 */
export async function wasDeletedHere(
  { stamp }: RestorableObject,
  location: ObjectLocation,
  { store, signal, repeatedSince }: Pick<RestoreRun, 'store' | 'signal' | 'repeatedSince'>,
): Promise<boolean> {
  if (repeatedSince === undefined || stamp.eventTime < repeatedSince) return false;
  const { below } = (await store.findDeleted(location, signal)) ?? {};
  if (below === undefined) return false;
  const found = findStamp(below, location);
  if (found !== undefined) return relateStamps(found.stamp, stamp) !== 'older';
  return below.lastModified.getTime() > stamp.eventTime;
}
