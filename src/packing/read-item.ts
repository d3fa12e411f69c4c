import { replicatesDeletes } from '../configuration/rule.ts';
import { asCompressorError } from '../errors.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import {
  AccessDeniedError,
  HeadersTooLargeError,
  ObjectChangedError,
  ObjectNotFoundError,
  UnconfirmedAbsenceError,
} from '../storage/errors.ts';
import { isRestorable } from '../storage/header-section.ts';
import { lacksTags } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectTag } from '../storage/stored-object.ts';
import type { PackItem } from './collect-objects.ts';
import type { PackingDependencies } from './dependencies.ts';
import { IncompleteTagsError, UnreadableMetadataError } from './errors.ts';
import { isOwnWrite, type ReadObject } from './own-write.ts';

/** Why an item is not in its archive. `changed` and `gone` are normal: the object has changed since its event. */
export type ExclusionReason =
  | { readonly kind: 'gone' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'own-write' }
  | { readonly kind: 'failed'; readonly outcome: MessageOutcome };

/** The result of an item's GET besides its bytes. */
export interface ReadItem {
  readonly description: ObjectDescription;
  readonly tags: readonly ObjectTag[];
  /** When S3 answered, see `timeOfRead`. */
  readonly readAt?: number;
}

export type ReadResult = { readonly read: ReadItem } | { readonly leftOut: ExclusionReason };

type ReadDependencies = Pick<PackingDependencies, 'rule' | 'store' | 'ownPrincipals' | 'tagPermission'>;

/**
 * Reads a whole object, or its bytes from `start`, into place with one pinned GET. Tags need a second request, which is
 * made only when the response counts some, and once per bucket to prove that it would count them. An object read
 * in several pieces needs a HEAD with the first one, for the CRC-32 of the whole. Problems of the object are results,
 * not exceptions: the other objects of its frame are still read.
 */
export async function readItem(
  item: PackItem,
  into: Uint8Array,
  start: number,
  dependencies: ReadDependencies,
  signal: AbortSignal,
): Promise<ReadResult> {
  const { bucket, key, etag, size } = item.object;
  try {
    const isWhole = into.length === size;
    const request = { bucket, key, etag, into, signal };
    const answer = await dependencies.store.read(isWhole ? request : { ...request, start });
    if (start > 0) return { read: { description: answer, tags: [] } };
    const description = isWhole ? answer : await describeWhole(item, answer, dependencies.store, signal);
    if (isOwn(description, item, dependencies)) return { leftOut: { kind: 'own-write' } };
    refuseUnreadableMetadata(item, description);
    refuseLargeHeaders(item, description);
    const tags = await readTags(item, description, dependencies, signal);
    if (isOwn({ ...description, tags }, item, dependencies)) return { leftOut: { kind: 'own-write' } };
    refuseUnfinishedTags(item, tags);
    return { read: { description, tags, ...timeOfRead(item, answer, dependencies) } };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (thrown instanceof ObjectNotFoundError) return { leftOut: { kind: 'gone' } };
    if (thrown instanceof ObjectChangedError) return { leftOut: { kind: 'changed' } };
    return { leftOut: { kind: 'failed', outcome: failedOutcome(asCompressorError(thrown)) } };
  }
}

function isOwn(read: ReadObject, { object }: PackItem, { rule, ownPrincipals }: ReadDependencies): boolean {
  return !rule.source.chain && isOwnWrite(read, object, rule, ownPrincipals);
}

/**
 * An object from an event is ordered among the deletions of its key by S3's sequencer. An object from a listing has
 * none, and its Last-Modified may be earlier than a deletion that was undone; but it existed when it was read.
 */
function timeOfRead(
  { object }: PackItem,
  { answeredAt }: ObjectDescription,
  { rule }: ReadDependencies,
): Pick<ReadItem, 'readAt'> {
  const isListed = object.backfilledAt !== undefined && object.sequencer === undefined;
  return answeredAt === undefined || !isListed || !replicatesDeletes(rule) ? {} : { readAt: answeredAt };
}

/** Responses to ranged GETs have no checksum. */
async function describeWhole(
  { object: { bucket, key, etag } }: PackItem,
  answer: ObjectDescription,
  store: ReadDependencies['store'],
  signal: AbortSignal,
): Promise<ObjectDescription> {
  const whole = await store.head({ bucket, key }, signal);
  // The 404 of a HEAD gives no reason; the GET of the next attempt will.
  if (whole === undefined)
    throw new UnconfirmedAbsenceError(`s3://${bucket}/${key} existed a moment ago, but no longer does`);
  if (whole.etag !== etag)
    throw new ObjectChangedError(`s3://${bucket}/${key} was overwritten while it was being read`);
  return whole.crc32 === undefined ? answer : { ...answer, crc32: whole.crc32 };
}

/**
 * Tags cannot be pinned by ETag. If the bucket keeps versions, the response names the version; otherwise the count must
 * agree, and at worst the target has a successor's tags until the successor itself arrives.
 */
async function readTags(
  { object: { bucket, key } }: PackItem,
  description: ObjectDescription,
  { store, tagPermission }: ReadDependencies,
  signal: AbortSignal,
): Promise<ObjectTag[]> {
  const { tagCount } = description;
  const name = `s3://${bucket}/${key}`;
  const read = (): ReturnType<typeof store.readTags> => store.readTags({ bucket, key }, signal);
  try {
    if (tagCount > 0) tagPermission.noteCount(bucket);
    const { tags, versionId } = tagCount > 0 ? await read() : await tagPermission.readUncounted(bucket, read);
    const wasReplaced =
      versionId !== undefined && description.versionId !== undefined && versionId !== description.versionId;
    if (wasReplaced) throw new ObjectChangedError(`${name} was overwritten while its tags were being read`);
    if (tagCount === 0 || tags.length === tagCount) return tags;
    throw new IncompleteTagsError(
      `${name} has ${tagCount} tags, but S3 lists ${tags.length}. If this persists, allow s3:GetObjectTagging.`,
      { context: { bucket, key, expected: tagCount, actual: tags.length } },
    );
  } catch (cause) {
    if (tagCount > 0 || !(cause instanceof AccessDeniedError)) throw cause;
    throw new IncompleteTagsError(
      `Whether ${name} has tags is unknown: S3 counts them only for callers who may read them. Allow s3:GetObjectTagging.`,
      { context: { bucket, key }, cause },
    );
  }
}

function refuseLargeHeaders({ object: { bucket, key } }: PackItem, description: ObjectDescription): void {
  if (isRestorable(description)) return;
  throw new HeadersTooLargeError(
    `The headers and metadata of s3://${bucket}/${key} exceed what S3 accepts in the headers of one request (8 KB), even without its tags. Shorten them.`,
    { context: { bucket, key } },
  );
}

/** A rule with `chain` packs what another rule restores, and the object's event may come before its tags. */
function refuseUnfinishedTags({ object: { bucket, key } }: PackItem, tags: readonly ObjectTag[]): void {
  if (!lacksTags(tags)) return;
  throw new IncompleteTagsError(`s3://${bucket}/${key} is being restored, and its tags are not written yet`, {
    context: { bucket, key },
  });
}

function refuseUnreadableMetadata({ object: { bucket, key } }: PackItem, description: ObjectDescription): void {
  if (description.missingMetadata === 0) return;
  throw new UnreadableMetadataError(
    `s3://${bucket}/${key} has ${description.missingMetadata} metadata entries that S3 cannot return; they would be lost`,
    { context: { bucket, key, missing: description.missingMetadata } },
  );
}
