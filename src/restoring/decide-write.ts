import type { OnConflict } from '../configuration/rule.ts';
import type { WriteCondition } from '../storage/object-store.ts';
import { decodeStamp, hasRoomForStamp, relateStamps } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectLocation, UserMetadata } from '../storage/stored-object.ts';
import type { RestorableObject } from './restorable-object.ts';
import type { RestoreSkipReason } from './telemetry.ts';

/** Write, under a condition that holds as long as what the decision was made on does. */
export interface ConditionalWrite {
  readonly kind: 'write';
  readonly condition: WriteCondition;
  /** What is overwritten is not, or maybe not, of this product. */
  readonly conflict: boolean;
}

export type WriteDecision = ConditionalWrite | { readonly kind: 'skip'; readonly reason: RestoreSkipReason };

/** The first try at a key of which nothing is known: a new key then costs one request. */
export const WRITE_IF_ABSENT: ConditionalWrite = { kind: 'write', condition: { kind: 'absent' }, conflict: false };

const PLAIN_MD5 = /^[0-9a-f]{32}$/;

/**
 * Whether our object may be written over what stands at its key.
 *
 * | at the key                                                    | decision                              |
 * |---------------------------------------------------------------|---------------------------------------|
 * | nothing                                                       | write if still absent                 |
 * | stamp of the same write                                       | skip: replay                          |
 * | stamp of a newer write                                        | skip: newer-at-target                 |
 * | stamp of an older write                                       | write if unchanged                    |
 * | no stamp though there is room for one, `on_conflict: keep`      | skip: kept                            |
 * | no stamp though there is room for one, `on_conflict: overwrite` | write if unchanged, count as conflict |
 * | no stamp, no room for one; same bytes and metadata as ours      | skip: replay                          |
 * | no stamp, no room for one; modified after our write's time      | skip: newer-at-target                 |
 * | no stamp, no room for one; modified before                      | write if unchanged, count as conflict |
 *
 * The last three rows are a limit of this product: metadata that fills S3's 2 KB is kept whole, so such an object does
 * not say whose it is or which version. Last-Modified is when it was restored, not when it was written at the
 * source: when two versions follow each other faster than the archives travel and the older one is restored first, the newer
 * one is skipped. And an object of somebody else with such metadata is overwritten even where the rule says `keep`.
 */
export function decideWrite(
  object: RestorableObject,
  existing: ObjectDescription | undefined,
  location: ObjectLocation,
  onConflict: OnConflict,
): WriteDecision {
  if (existing === undefined) return WRITE_IF_ABSENT;
  const stamp = decodeStamp(existing.metadata, location);
  if (stamp !== undefined) {
    const relation = relateStamps(stamp, object.stamp);
    if (relation === 'same') return { kind: 'skip', reason: 'replay' };
    return relation === 'newer' ? { kind: 'skip', reason: 'newer-at-target' } : overwrite(existing, false);
  }
  if (hasRoomForStamp(existing.metadata)) {
    return onConflict === 'keep' ? { kind: 'skip', reason: 'kept' } : overwrite(existing, true);
  }
  if (isSameUnstamped(object, existing)) return { kind: 'skip', reason: 'replay' };
  const modifiedLater = existing.lastModified.getTime() > object.stamp.eventTime;
  return modifiedLater ? { kind: 'skip', reason: 'newer-at-target' } : overwrite(existing, true);
}

function overwrite(existing: ObjectDescription, conflict: boolean): WriteDecision {
  return { kind: 'write', condition: { kind: 'matches', etag: existing.etag }, conflict };
}

/** Bytes by the checksum that S3 keeps, or by ETags where both are an MD5; when neither tells, they count as different. */
function isSameUnstamped(object: RestorableObject, existing: ObjectDescription): boolean {
  if (object.stamped || existing.size !== object.size) return false;
  const sameBytes =
    existing.crc32 !== undefined && object.crc32 !== undefined
      ? existing.crc32 === object.crc32
      : existing.etag === object.etag && PLAIN_MD5.test(object.etag);
  return sameBytes && isSameMetadata(object.metadata, existing.metadata);
}

function isSameMetadata(left: UserMetadata, right: UserMetadata): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
