import type { Destination } from '../../configuration/rule.ts';
import { findStamp, isAsWritten, relateStamps } from '../../storage/provenance.ts';
import type { RestoreRun } from '../dependencies.ts';
import { locationAt, type RestorableObject } from '../restorable-object.ts';
import { lookAtKey } from './delete-object.ts';

/** Deletes an object that we wrote, if it is still the one at its key. @throws the errors of the storage port */
export async function undoRestoredWrite(
  object: RestorableObject,
  destination: Destination,
  run: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<void> {
  const location = locationAt(object, destination);
  const existing = await lookAtKey(location, run);
  const found = existing === undefined ? undefined : findStamp(existing, location);
  if (existing === undefined || found === undefined || !isAsWritten(found, existing)) return;
  if (relateStamps(found.stamp, object.stamp) !== 'same') return;
  await run.store.remove({ ...location, etag: existing.etag });
}
