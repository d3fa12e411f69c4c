import { hash } from 'node:crypto';
import { compareSequencers, type WriteOrder } from '../messages/sequencer.ts';
import { DIGEST_DIGITS, matchesDigest } from './content-digest.ts';
import type { ObjectDescription, ObjectLocation, ObjectTag, UserMetadata } from './stored-object.ts';

/**
 * The stamp of restored objects: which write at which source each is a copy of, and what was written. It identifies
 * replays, distinguishes older from newer writes, and shows whether someone has edited our object since. It is one
 * entry of the user metadata, or one tag if the metadata has no room:
 *
 *     s3xrc = 2:<location>:<origin>:<event time>:<sequencer>:<etag>:<digest>
 *
 * version of the stamp; first 8 hex digits of SHA-256 of `<bucket>/<key>` that it was written to; the same of the
 * source bucket's name; milliseconds since 1970 in base 36; S3's sequencer, empty where the event had none, or for an
 * object from a listing, `r` and its `readAt`, also in base 36; first 8 characters of the source's ETag, empty where
 * unknown; digest of what was written, see content-digest.ts. All of these characters are allowed in the value of a
 * tag. Version 1 had `;` between its fields, and no digest.
 *
 * The location is there because metadata travels with every copy that someone makes of a restored object. Such a copy
 * belongs to the user: its stamp names another location, and so does not count.
 */
export interface ProvenanceStamp extends WriteOrder {
  /** See `originOf`. */
  readonly origin: string;
  /** Hex, at most 8 digits. */
  readonly etag: string;
  /**
   * Only for objects found by a listing, which have no sequencer: when S3 answered the read, in milliseconds since
   * 1970. The object existed at the source then, however old it is. Orders it among deletions only, see
   * `isBeforeDeletion`.
   */
  readonly readAt?: number;
}

/** A stamp as it was found on an object. */
export interface FoundStamp {
  readonly stamp: ProvenanceStamp;
  /** Digest of what was written with this stamp. Absent in version 1. */
  readonly digest?: string;
}

/** Where an object has its stamp. `none`: neither its metadata nor its tags have room. */
export type StampLocation = 'metadata' | 'tag' | 'none';

/** How the write of a stamp relates to another: the same one, or written before or after it. */
export type StampRelation = 'same' | 'older' | 'newer';

/** Name of the metadata entry and of the tag. */
export const STAMP_NAME = 's3xrc';

/**
 * Name of the single tag, with the stamp, of an object whose own tags are still missing: they need a separate request.
 */
export const PENDING_TAGS = 's3xrc-tags-pending';

/** S3's limit for user metadata: UTF-8 bytes of all names and values of an object, together. */
const MAX_METADATA_BYTES = 2048;
/** S3's limit for tags of an object. */
const MAX_TAGS = 10;
/** S3 uses 16 to 18 digits today. */
const MAX_SEQUENCER_DIGITS = 32;
const ETAG_DIGITS = 8;
/** All locations and digests have the same length in a stamp. */
const ANYWHERE: ObjectLocation = { bucket: '', key: '' };
const ANY_DIGEST = '0'.repeat(DIGEST_DIGITS);
/** Name and value with the longest sequencer; milliseconds have 8 digits of base 36 until the year 2059, then 9. */
const MAX_STAMP_BYTES =
  STAMP_NAME.length + '2::::::'.length + 8 + 8 + 9 + MAX_SEQUENCER_DIGITS + ETAG_DIGITS + DIGEST_DIGITS;
const STAMP_FIELDS = [
  '([0-9a-f]{8})',
  '([0-9a-f]{8})',
  '(-?[0-9a-z]{1,10})',
  '([0-9a-f]{0,32}|r[0-9a-z]{1,10})',
  '([0-9a-f]{0,8})',
];
const STAMP_1 = new RegExp(`^1;${STAMP_FIELDS.join(';')}$`, 'i');
const STAMP_2 = new RegExp(`^2:${STAMP_FIELDS.join(':')}:([0-9a-f]{${DIGEST_DIGITS}})$`, 'i');
const SEQUENCER = new RegExp(`^[0-9a-f]{1,${MAX_SEQUENCER_DIGITS}}$`, 'i');
const ETAG_PREFIX = new RegExp(`^[0-9a-f]{0,${ETAG_DIGITS}}`, 'i');

/** The part of a stamp that identifies the source bucket. */
export function originOf(sourceBucket: string): string {
  return shortHash(sourceBucket);
}

/** The stamp of a write. Invalid parts (a sequencer that is not hexadecimal) are left out. */
export function stampOf(write: ProvenanceStamp): ProvenanceStamp {
  const { origin, eventTime, sequencer, readAt } = write;
  const etag = ETAG_PREFIX.exec(write.etag)?.[0] ?? '';
  const isUsable = sequencer !== undefined && SEQUENCER.test(sequencer);
  if (isUsable) return { origin, eventTime, sequencer, etag };
  return readAt === undefined || readAt < 0 ? { origin, eventTime, etag } : { origin, eventTime, etag, readAt };
}

/**
 * @param digest of what is written
 * @param location that the object is written to
 */
export function encodeStamp(stamp: ProvenanceStamp, digest: string, location: ObjectLocation): string {
  const { origin, eventTime, sequencer, etag, readAt } = stamp;
  const order = sequencer ?? (readAt === undefined ? '' : `r${readAt.toString(36)}`);
  return `2:${locationDigest(location)}:${origin}:${eventTime.toString(36)}:${order}:${etag}:${digest}`;
}

/** The stamp in a text; undefined if it is not a stamp, is for another location, or has a later version. */
export function decodeStamp(text: string | undefined, location: ObjectLocation): FoundStamp | undefined {
  const [, at, origin, time, within, etag, digest] = matchStamp(text) ?? [];
  if (origin === undefined || time === undefined || etag === undefined) return undefined;
  if (at !== locationDigest(location)) return undefined;
  const stamp = { origin, eventTime: Number.parseInt(time, 36), etag, ...decodeOrder(within) };
  return digest === undefined ? { stamp } : { stamp, digest };
}

function decodeOrder(text = ''): Pick<ProvenanceStamp, 'sequencer' | 'readAt'> {
  if (text === '') return {};
  return /^r/i.test(text) ? { readAt: Number.parseInt(text.slice(1), 36) } : { sequencer: text };
}

/** The stamp of an object at `location`, whether in metadata or in tags. */
export function findStamp(
  { metadata, tags = [] }: { readonly metadata: UserMetadata; readonly tags?: readonly ObjectTag[] | undefined },
  location: ObjectLocation,
): FoundStamp | undefined {
  return decodeStamp(ownEntry(metadata), location) ?? decodeStamp(tags.find(isStampTag)?.value, location);
}

/**
 * Whether an object is unchanged since it was written with its stamp. Otherwise it was edited in place with a tool that
 * keeps user metadata, and is that user's write. A stamp of version 1 does not show this.
 * @param found from a HEAD, or from a GET of the whole object, that requests the checksum
 */
export function isAsWritten({ digest }: FoundStamp, found: ObjectDescription): boolean {
  return digest === undefined || matchesDigest({ ...found, metadata: withoutStamp(found.metadata) }, digest);
}

/**
 * Where to put an object's stamp. A user's own entry or tag with the stamp's name is kept: the stamp then goes to the
 * other place.
 * @param metadata without an earlier stamp, as `withoutStamp` returns it
 * @param tags the same
 */
export function chooseStampLocation(
  metadata: UserMetadata,
  tags: readonly ObjectTag[],
  stamp: ProvenanceStamp,
): StampLocation {
  const room = MAX_METADATA_BYTES - STAMP_NAME.length - encodeStamp(stamp, ANY_DIGEST, ANYWHERE).length;
  if (ownEntry(metadata) === undefined && metadataBytes(metadata) <= room) return 'metadata';
  return hasRoomForStampTag(tags) ? 'tag' : 'none';
}

/** The metadata as its owner set it. */
export function withoutStamp(metadata: UserMetadata): UserMetadata {
  if (matchStamp(ownEntry(metadata)) === null) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== STAMP_NAME));
}

/** The tags as their owner set them. */
export function withoutStampTag(tags: readonly ObjectTag[]): readonly ObjectTag[] {
  return tags.some(isStampTag) ? tags.filter((tag) => !isStampTag(tag)) : tags;
}

/** Whether an object was restored without its tags, which are still missing. */
export function lacksTags(tags: readonly ObjectTag[] = []): boolean {
  return tags.some((tag) => tag.key === PENDING_TAGS && isStampTag(tag));
}

/**
 * Whether the metadata has room for a stamp; if so and there is none, the object is not ours, or its stamp is a tag.
 */
export function hasRoomForStamp(metadata: UserMetadata): boolean {
  const own = withoutStamp(metadata);
  return ownEntry(own) === undefined && metadataBytes(own) + MAX_STAMP_BYTES <= MAX_METADATA_BYTES;
}

/** Whether the stamp of an object, if it has one, can only be a tag, which no HEAD shows. */
export function needsTags(existing: { readonly metadata: UserMetadata }, location: ObjectLocation): boolean {
  return findStamp({ metadata: existing.metadata }, location) === undefined && !hasRoomForStamp(existing.metadata);
}

/** Whether one more tag, of the stamp's name, can be set. */
export function hasRoomForStampTag(tags: readonly ObjectTag[]): boolean {
  return tags.length < MAX_TAGS && tags.every(({ key }) => key !== STAMP_NAME);
}

/**
 * How the write of `stamp` relates to that of `other`. Writes of one source are ordered as S3 ordered them; writes of
 * two sources, or where one of the two has no sequencer, by time alone. Ties are decided by ETag and origin: any order
 * will do if all readers agree on it.
 */
export function relateStamps(stamp: ProvenanceStamp, other: ProvenanceStamp): StampRelation {
  const order =
    (compareBySequencer(stamp, other) ?? stamp.eventTime - other.eventTime) ||
    compareText(stamp.etag, other.etag) ||
    compareText(stamp.origin, other.origin);
  if (order === 0) return 'same';
  return order < 0 ? 'older' : 'newer';
}

/**
 * Whether a deletion came after the write of `stamp`. An object from a listing existed when it was read, after every
 * earlier deletion. A deletion in the same second counts as later, since S3 gives at least one of the times in whole
 * seconds.
 */
export function isBeforeDeletion(stamp: ProvenanceStamp, deletion: ProvenanceStamp): boolean {
  const { readAt, origin } = stamp;
  if (readAt !== undefined && origin === deletion.origin && deletion.eventTime < readAt) return false;
  return relateStamps(stamp, deletion) === 'older';
}

/** undefined if sequencers do not decide. */
function compareBySequencer(stamp: ProvenanceStamp, other: ProvenanceStamp): number | undefined {
  if (stamp.origin !== other.origin) return undefined;
  if (stamp.sequencer === undefined || other.sequencer === undefined) return undefined;
  return compareSequencers(stamp.sequencer, other.sequencer);
}

function ownEntry(metadata: UserMetadata): string | undefined {
  return Object.hasOwn(metadata, STAMP_NAME) ? metadata[STAMP_NAME] : undefined;
}

function isStampTag({ key, value }: ObjectTag): boolean {
  return (key === STAMP_NAME || key === PENDING_TAGS) && matchStamp(value) !== null;
}

function matchStamp(text: string | undefined): RegExpExecArray | null {
  return text === undefined ? null : (STAMP_2.exec(text) ?? STAMP_1.exec(text));
}

function locationDigest({ bucket, key }: ObjectLocation): string {
  return shortHash(`${bucket}/${key}`);
}

function shortHash(text: string): string {
  return hash('sha256', text).slice(0, 8);
}

function metadataBytes(metadata: UserMetadata): number {
  let bytes = 0;
  for (const name of Object.keys(metadata)) bytes += Buffer.byteLength(name) + Buffer.byteLength(metadata[name] ?? '');
  return bytes;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
