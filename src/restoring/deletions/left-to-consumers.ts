import type { Destination } from '../../configuration/rule.ts';
import { type FoundStamp, findStamp, isAsWritten, type ProvenanceStamp } from '../../storage/provenance.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { ExistingObject } from '../decide-write.ts';
import type { RestoreRun } from '../dependencies.ts';
import type { RestorableObject } from '../restorable-object.ts';
import { DELETIONS_KEPT_MILLISECONDS } from './deletion-memory.ts';

/**
 * More than the difference between Last-Modified and the event time of the same write: one of them has whole seconds.
 */
const ROUNDING_MILLISECONDS = 1000;

/** What a consumer has done to an object that was restored before. */
export interface ConsumerChange {
  readonly reason: 'newer-at-target' | 'deleted-at-target';
  /** Stamp of the restored object. */
  readonly found: ProvenanceStamp;
}

/**
 * Whether a consumer has edited or deleted the copy of the version that is current at the source after a removal. The
 * event does not say whether the removed version was the current one; if it was not, nothing has changed at the source,
 * and the consumer's change is kept. "The same write": a stamp of the source with the ETag, not from before
 * Last-Modified.
 *
 * | at the key                                                              | then                                   |
 * |-------------------------------------------------------------------------|----------------------------------------|
 * | the same write, edited since; not deleted at the source in between      | it stays                               |
 * | a marker, below it the same write; not deleted at the source in between | it stays deleted                       |
 * | the same, at a destination that ignores deletions, so that we made no marker | it stays deleted                  |
 * | the same, but the marker is so old that an earlier deletion is forgotten  | as any write: it may be an undelete  |
 * | the same write as we wrote it                                           | as any write: it gets the newer stamp  |
 * | anything else, or nothing and no marker                                 | as any write                           |
 */
export async function findConsumerChange(
  object: RestorableObject,
  existing: ExistingObject | undefined,
  location: ObjectLocation,
  { deletes }: Pick<Destination, 'deletes'>,
  { store, signal, now, removals }: Pick<RestoreRun, 'store' | 'signal' | 'now' | 'removals'>,
): Promise<ConsumerChange | undefined> {
  if (object.writtenAt === undefined || removals === undefined) return undefined;
  const { key, stamp } = object;
  if (existing !== undefined) {
    const found = sameWrite(findStamp(existing, location), object);
    if (found === undefined || isAsWritten(found, existing)) return undefined;
    if (removals.wasDeletedBetween(key, found.stamp, stamp)) return undefined;
    return { reason: 'newer-at-target', found: found.stamp };
  }
  const { below, deletedAt = Number.NEGATIVE_INFINITY } = (await store.findDeleted(location, signal)) ?? {};
  const found = below === undefined ? undefined : sameWrite(findStamp(below, location), object);
  if (found === undefined) return undefined;
  if (deletes === 'replicate') {
    const isForgotten = now() - deletedAt > DELETIONS_KEPT_MILLISECONDS;
    if (isForgotten || removals.wasDeletedBetween(key, found.stamp, stamp)) return undefined;
  }
  return { reason: 'deleted-at-target', found: found.stamp };
}

function sameWrite(found: FoundStamp | undefined, { stamp, writtenAt = 0 }: RestorableObject): FoundStamp | undefined {
  if (found === undefined) return undefined;
  const { origin, etag, eventTime } = found.stamp;
  const isSame = origin === stamp.origin && etag !== '' && etag === stamp.etag;
  return isSame && eventTime >= writtenAt - ROUNDING_MILLISECONDS ? found : undefined;
}
