import type { OnConflict } from '../configuration/rule.ts';
import { digestContent } from '../storage/content-digest.ts';
import type { WriteCondition, WrittenVersion } from '../storage/object-store.ts';
import {
  findStamp,
  hasRoomForStamp,
  hasRoomForStampTag,
  isAsWritten,
  lacksTags,
  relateStamps,
} from '../storage/provenance.ts';
import type { ObjectDescription, ObjectLocation, ObjectTag } from '../storage/stored-object.ts';
import type { RestorableObject } from './restorable-object.ts';
import type { RestoreSkipReason } from './telemetry.ts';

/** Write, under a condition that holds as long as the basis of the decision does. */
export interface ConditionalWrite {
  readonly kind: 'write';
  readonly condition: WriteCondition;
  /** The overwritten object is not, or possibly not, from this product. */
  readonly isConflict: boolean;
  /**
   * The existing object may have the same bytes. With a single PUT, ours would have the same ETag: an older write that
   * has checked the key before would not notice ours, and would overwrite it. See put-as-part.ts.
   */
  readonly hasSameBytes?: true;
}

export type WriteDecision =
  | ConditionalWrite
  | { readonly kind: 'skip'; readonly reason: RestoreSkipReason }
  /** The object is written, and only its tags are missing. */
  | { readonly kind: 'tag'; readonly version: WrittenVersion };

/** The object at a key. */
export interface ExistingObject extends ObjectDescription {
  /** Absent if they were not read, see `needsTags` and `mayLackTags`. */
  readonly tags?: readonly ObjectTag[];
}

/** The first attempt at an unknown key: a new key then costs one request. */
export const WRITE_IF_ABSENT: ConditionalWrite = { kind: 'write', condition: { kind: 'absent' }, isConflict: false };

const PLAIN_MD5 = /^[0-9a-f]{32}$/;

/**
 * Whether our object may be written over what exists at its key.
 *
 * | at the key                                                             | decision                              |
 * |------------------------------------------------------------------------|---------------------------------------|
 * | no object                                                              | write if still absent                 |
 * | as written, stamp of the same write, tags still missing                | tag                                   |
 * | as written, stamp of the same write                                    | skip: replay                          |
 * | as written, stamp of a newer write                                     | skip: newer-at-target                 |
 * | as written, stamp of an older write                                    | write if unchanged                    |
 * | edited since its stamp, `on_conflict: keep`                            | skip: kept                            |
 * | edited since, stamp of the same write or a newer one                   | skip: newer-at-target                 |
 * | edited since, stamp of an older write                                  | write if unchanged, count as conflict |
 * | no stamp though metadata has room, `on_conflict: keep`                 | skip: kept                            |
 * | no stamp though metadata has room, `on_conflict: overwrite`            | write if unchanged, count as conflict |
 * | no stamp, no room; equals ours in everything                           | skip: replay                          |
 * | no stamp though tags have room, `on_conflict: keep`                    | skip: kept                            |
 * | no stamp, no room in metadata; modified in our write's second or later | skip: unordered                       |
 * | no stamp, no room in metadata; modified before                         | write if unchanged, count as conflict |
 *
 * The last two rows are a limit of this product: an object of 10 tags whose metadata fills S3's 2 KB is kept whole, so
 * it does not say whose it is or which version. Last-Modified is when it was restored, not when it was written at the
 * source: if two versions follow each other faster than their archives are replicated, one is skipped even though it
 * may be the newer one. Nothing newer is ever overwritten, and the skip is counted and logged. A user's object with
 * such metadata and tags is overwritten even if the rule says `keep`, as a conflict.
 */
export function decideWrite(
  object: RestorableObject,
  existing: ExistingObject | undefined,
  location: ObjectLocation,
  onConflict: OnConflict,
): WriteDecision {
  if (existing === undefined) return WRITE_IF_ABSENT;
  const found = findStamp(existing, location);
  const shouldKeep = onConflict === 'keep';
  if (found !== undefined) {
    const isUnchanged = isAsWritten(found, existing);
    if (!isUnchanged && shouldKeep) return { kind: 'skip', reason: 'kept' };
    const relation = relateStamps(found.stamp, object.stamp);
    if (relation === 'older') return overwrite(object, existing, !isUnchanged);
    if (relation === 'newer' || !isUnchanged) return { kind: 'skip', reason: 'newer-at-target' };
    return lacksTags(existing.tags)
      ? { kind: 'tag', version: versionOf(existing) }
      : { kind: 'skip', reason: 'replay' };
  }
  if (hasRoomForStamp(existing.metadata)) {
    return shouldKeep ? { kind: 'skip', reason: 'kept' } : overwrite(object, existing, true);
  }
  if (isSameUnstamped(object, existing)) return { kind: 'skip', reason: 'replay' };
  if (shouldKeep && hasRoomForStampTag(existing.tags ?? [])) return { kind: 'skip', reason: 'kept' };
  return wasModifiedBefore(existing, object.stamp.eventTime)
    ? overwrite(object, existing, true)
    : { kind: 'skip', reason: 'unordered' };
}

function versionOf({ etag, versionId }: ObjectDescription): WrittenVersion {
  return versionId === undefined ? { etag } : { etag, versionId };
}

function overwrite(object: RestorableObject, existing: ObjectDescription, isConflict: boolean): WriteDecision {
  const write = { kind: 'write', condition: { kind: 'matches', etag: existing.etag }, isConflict } as const;
  return mayHaveSameETag(object, existing) ? { ...write, hasSameBytes: true } : write;
}

/** The ETag of one PUT is the MD5 of the bytes, unless KMS encrypts them. An upload of no bytes has no part. */
function mayHaveSameETag({ size, crc32 }: RestorableObject, existing: ObjectDescription): boolean {
  if (size === 0 || size !== existing.size || !PLAIN_MD5.test(existing.etag)) return false;
  return crc32 === undefined || existing.crc32 === undefined || crc32 === existing.crc32;
}

/** Last-Modified has whole seconds: an object with the same second as our write may be older or newer. */
export function wasModifiedBefore({ lastModified }: ObjectDescription, eventTime: number): boolean {
  return Math.floor(lastModified.getTime() / 1000) < Math.floor(eventTime / 1000);
}

/**
 * Whether an object without a stamp equals ours in everything that is replicated. Bytes are compared by S3's checksum,
 * or by ETag if both are an MD5; if neither is possible, they count as different.
 */
function isSameUnstamped(object: RestorableObject, existing: ExistingObject): boolean {
  if (object.carrier !== 'none') return false;
  const hasSameBytes =
    existing.crc32 !== undefined && object.crc32 !== undefined
      ? existing.crc32 === object.crc32
      : existing.etag === object.etag && PLAIN_MD5.test(object.etag);
  const isSameDescription =
    digestContent({ ...object, crc32: undefined }) === digestContent({ ...existing, crc32: undefined });
  return hasSameBytes && isSameDescription && isSameTags(object.tags, existing.tags ?? []);
}

function isSameTags(left: readonly ObjectTag[], right: readonly ObjectTag[]): boolean {
  const values = new Map(right.map(({ key, value }) => [key, value]));
  return left.length === right.length && left.every(({ key, value }) => values.get(key) === value);
}
