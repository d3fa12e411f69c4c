import type { Destination } from '../configuration/rule.ts';
import { digestContent } from '../storage/content-digest.ts';
import { fitsRequest } from '../storage/header-section.ts';
import type { WriteTarget, WrittenVersion } from '../storage/object-store.ts';
import { encodeStamp, PENDING_TAGS } from '../storage/provenance.ts';
import type { ObjectTag } from '../storage/stored-object.ts';
import type { RestoreRun } from './dependencies.ts';
import { MisplacedTagsError } from './errors.ts';
import { locationAt, makeWriteTarget, type RestorableObject } from './restorable-object.ts';

/** The requests that write an object. */
export interface PlannedWrite {
  readonly target: WriteTarget;
  /** Tags that are too long for the headers of the first request; they follow in a separate one. */
  readonly laterTags?: readonly ObjectTag[];
}

/**
 * Tags are sent with the object if its headers have room for them. Ten tags may take three times the 8 KB that S3
 * allows per request: then the object is written with a single tag that marks this and contains its stamp, and its own
 * tags replace it afterwards. Until then it does not count as restored, and the next delivery finds that its tags are
 * missing.
 */
export function planWrite(object: RestorableObject, destination: Destination): PlannedWrite {
  const target = makeWriteTarget(object, destination);
  if (target.tags.length === 0 || fitsRequest(target)) return { target };
  const value = encodeStamp(object.stamp, digestContent(object), target);
  return { target: { ...target, tags: [{ key: PENDING_TAGS, value }] }, laterTags: target.tags };
}

/** Whether the existing object may be one of ours whose tags are still missing. */
export function mayLackTags(
  { tagCount }: { readonly tagCount: number },
  object: RestorableObject,
  destination: Destination,
): boolean {
  // S3 reports no count to callers that may not read tags.
  return object.tags.length > 0 && tagCount <= 1 && planWrite(object, destination).laterTags !== undefined;
}

/**
 * Puts the tags of an object that was written without them. If the bucket keeps versions, they go to the version that
 * was written; otherwise to the current object, and a HEAD afterwards shows whether that was something newer.
 * @throws MisplacedTagsError, and the errors of the storage port
 */
export async function writeLaterTags(
  object: RestorableObject,
  destination: Destination,
  { etag, versionId }: WrittenVersion,
  { store, signal }: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<void> {
  const { laterTags } = planWrite(object, destination);
  if (laterTags === undefined) return;
  const location = locationAt(object, destination);
  // A bucket that no longer keeps versions calls each new one `null`.
  const isPinned = versionId !== undefined && versionId !== 'null';
  await store.putTags(isPinned ? { ...location, versionId } : location, laterTags, signal);
  if (isPinned) return;
  const found = await store.head(location, signal);
  if (found === undefined || found.etag === etag) return;
  const { bucket, key } = location;
  throw new MisplacedTagsError(
    `s3://${bucket}/${key} was overwritten just before the tags of the older version were written, so the current object may have them now. Compare its tags with those at the source; with versioning in the target bucket, this cannot happen.`,
    { context: { bucket, key } },
  );
}
