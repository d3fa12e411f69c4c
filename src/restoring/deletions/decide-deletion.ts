import type { OnConflict } from '../../configuration/rule.ts';
import {
  findStamp,
  hasRoomForStamp,
  hasRoomForStampTag,
  isAsWritten,
  isBeforeDeletion,
  type ProvenanceStamp,
} from '../../storage/provenance.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import { type ExistingObject, wasModifiedBefore } from '../decide-write.ts';
import type { DeletionSkipReason } from '../telemetry.ts';

export type DeletionDecision =
  | {
      readonly kind: 'delete';
      /** ETag of the object to delete. */
      readonly etag: string;
      /** It is not, or possibly not, from this product. */
      readonly isConflict: boolean;
    }
  | { readonly kind: 'skip'; readonly reason: DeletionSkipReason };

/**
 * Whether a deletion at the source deletes what exists at its key.
 *
 * | at the key                                                    | decision                               |
 * |---------------------------------------------------------------|----------------------------------------|
 * | no object                                                     | skip: absent                           |
 * | as written, stamp of an older write                           | delete if unchanged                    |
 * | as written, listed and read at the source since               | skip: newer-at-target                  |
 * | as written, stamp of a newer write                            | skip: newer-at-target                  |
 * | edited since its stamp, or no stamp, `on_conflict: keep`      | skip: kept                             |
 * | edited since, stamp of a newer write                          | skip: newer-at-target                  |
 * | edited since or no stamp; modified in the second of the deletion or later | skip: newer-at-target      |
 * | edited since or no stamp; modified before                     | delete if unchanged, count as conflict |
 *
 * Another writer's object is overwritten by ours regardless of its time (decide-write.ts), but deleted only if it is
 * older: after a restore the source still has an object, after a deletion there is none left anywhere. If metadata and
 * tags have no room for a stamp, the origin of an object is unknown; then its time decides, even with `keep`, as for a
 * write.
 */
export function decideDeletion(
  deletion: ProvenanceStamp,
  existing: ExistingObject | undefined,
  location: ObjectLocation,
  onConflict: OnConflict,
): DeletionDecision {
  if (existing === undefined) return { kind: 'skip', reason: 'absent' };
  const found = findStamp(existing, location);
  const isUnchanged = found !== undefined && isAsWritten(found, existing);
  if (!isUnchanged && onConflict === 'keep' && (found !== undefined || mayBeForeign(existing))) {
    return { kind: 'skip', reason: 'kept' };
  }
  const isNewer = found !== undefined && !isBeforeDeletion(found.stamp, deletion);
  if (isNewer || (!isUnchanged && !wasModifiedBefore(existing, deletion.eventTime))) {
    return { kind: 'skip', reason: 'newer-at-target' };
  }
  return { kind: 'delete', etag: existing.etag, isConflict: !isUnchanged };
}

/** Our own object has a stamp if there is room for one. */
function mayBeForeign({ metadata, tags = [] }: ExistingObject): boolean {
  return hasRoomForStamp(metadata) || hasRoomForStampTag(tags);
}
