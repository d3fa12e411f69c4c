import type { ListedObject } from '../listing/dependencies.ts';
import { orderOfListedObject } from '../messages/backfill-message.ts';
import { findStamp, hasRoomForStamp, isAsWritten, originOf, stampOf } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectLocation, ObjectTag } from '../storage/stored-object.ts';
import type { FindingClass } from './dependencies.ts';

/** The judgment about an object's copy: the kinds of findings that a copy can have, or none. */
export type CopyClass = 'equal' | Exclude<FindingClass, 'extra' | 'unproven'>;

/** An object as a HEAD describes it, with its tags if only they can have its stamp, and if they may be read. */
export interface ExaminedObject extends ObjectDescription {
  readonly tags?: readonly ObjectTag[];
}

export interface CopyJudgment {
  readonly kind: CopyClass;
  /** The reason in a few words; empty if the class is enough. */
  readonly reason: string;
  /** The order with which a repair replaces this copy, but nothing newer. */
  readonly order: number;
  /** The stamp proves that it is an unchanged copy of the object's current version. */
  readonly isProven: boolean;
}

export interface JudgedObject {
  readonly bucket: string;
  readonly object: ListedObject;
  /** Location of the copy. */
  readonly location: ObjectLocation;
  /** Milliseconds since 1970 before which the object was listed. */
  readonly listedAt: number;
}

/**
 * Judges a copy by a HEAD of it, and by its tags if metadata had no room for the stamp.
 *
 * | the copy                                                          | is                                    |
 * |-------------------------------------------------------------------|---------------------------------------|
 * | gone                                                              | missing                               |
 * | as written, stamp of the listed version                           | equal; of another size: different     |
 * | as written, stamp of another version, written since it was listed | not due: it is newer                  |
 * | as written, stamp of another version                              | older                                 |
 * | as written, stamp of another source bucket                        | foreign                               |
 * | edited since its stamp                                            | foreign                               |
 * | no stamp, though metadata has room for one                        | foreign                               |
 * | no stamp and no room; of another size, modified since it was listed | not due: it may be newer            |
 * | no stamp and no room; of another size                             | different                             |
 * | no stamp and no room; of the same size                            | older if modified before, else equal  |
 */
export function judgeCopy(judged: JudgedObject, found: ExaminedObject | undefined): CopyJudgment {
  const { bucket, object, location, listedAt } = judged;
  const order = orderOfListedObject(object.lastModified);
  const judge = (kind: CopyClass, reason = '', more: Partial<CopyJudgment> = {}): CopyJudgment => ({
    kind,
    reason,
    order,
    isProven: false,
    ...more,
  });
  if (found === undefined) return judge('missing');
  const stamped = findStamp(found, location);
  if (stamped === undefined) {
    if (hasRoomForStamp(found.metadata)) return judge('foreign', 'written by someone else');
    // Without a stamp, a target compares Last-Modified, in whole seconds.
    const modified = found.lastModified.getTime();
    const later = { order: Math.max(order, modified + 1000) };
    if (found.size !== object.size) {
      if (modified > listedAt) return judge('not-due', 'newer than the listing');
      return judge('different', describeSizes(object, found), later);
    }
    return modified < object.lastModified - 1000 ? judge('older', 'modified before the object', later) : judge('equal');
  }
  const { stamp } = stamped;
  const later = { order: Math.max(order, stamp.eventTime + 1) };
  if (!isAsWritten(stamped, found)) return judge('foreign', 'edited since it was restored', later);
  if (stamp.origin !== originOf(bucket)) return judge('foreign', 'a copy from another bucket', later);
  const { etag } = stampOf({ origin: stamp.origin, eventTime: 0, etag: object.etag });
  if (stamp.etag !== etag) {
    if (stamp.eventTime > listedAt) return judge('not-due', 'newer than the listing');
    return judge('older', `of ${new Date(stamp.eventTime).toISOString()}`, later);
  }
  if (found.size !== object.size) return judge('different', describeSizes(object, found), later);
  return judge('equal', '', { ...later, isProven: found.crc32 !== undefined });
}

function describeSizes(object: ListedObject, found: ObjectDescription): string {
  return `${found.size} bytes instead of ${object.size}`;
}
