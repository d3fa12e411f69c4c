import { findStamp, hasRoomForStamp, hasRoomForStampTag, isAsWritten } from '../../../storage/provenance.ts';
import type { ObjectDescription, ObjectTag } from '../../../storage/stored-object.ts';

/**
 * Whether a restored object records which write it is a copy of. Without that, a replay would look new, and an older
 * version could overwrite it. An object whose own metadata and tags leave no room has no stamp.
 * @param uploaded its ETag without quotes; empty: unknown
 * @param found as it is at the target, with a checksum of the bytes that were read
 */
export function compareStamp(
  uploaded: { readonly etag: string },
  found: ObjectDescription,
  at: { readonly bucket: string; readonly key: string; readonly tags: readonly ObjectTag[] },
): string[] {
  const stamped = findStamp({ metadata: found.metadata, tags: at.tags }, at);
  if (stamped === undefined) {
    const hasRoom = hasRoomForStamp(found.metadata) || hasRoomForStampTag(at.tags);
    return hasRoom ? ['stamp: none, so older and newer versions cannot be told apart'] : [];
  }
  const { etag } = stamped.stamp;
  if (uploaded.etag !== '' && (etag === '' || !uploaded.etag.startsWith(etag)))
    return [`stamp: of the version ${etag} instead of ${uploaded.etag}`];
  return isAsWritten(stamped, found) ? [] : ['stamp: its digest does not match the object'];
}
