import { hash } from 'node:crypto';
import { compareSequencers, type WriteOrder } from '../messages/sequencer.ts';
import type { ObjectLocation, UserMetadata } from './stored-object.ts';

/**
 * The stamp that every restored object carries: which write at which source it is a copy of. It makes a replay
 * recognisable and lets a restore tell older from newer. It is one user-metadata entry:
 *
 *     s3xrc: 1;<place>;<origin>;<event time>;<sequencer>;<etag>
 *
 * version of the stamp; first 8 hex digits of SHA-256 of `<bucket>/<key>` that it was written to; the same of the source
 * bucket's name; milliseconds since 1970 in base 36; S3's sequencer, empty where the event had none; first 8 characters
 * of the source's ETag, empty where unknown.
 *
 * The place is there because metadata travels with every copy that somebody makes of a restored object. Such a copy is
 * that somebody's own object: its stamp speaks of another place, and so is none.
 */
export interface ProvenanceStamp extends WriteOrder {
  /** See `originOf`. */
  readonly origin: string;
  /** Hex, at most 8 digits. */
  readonly etag: string;
}

/** How the write of a stamp relates to another: the same one, or written before or after it. */
export type StampRelation = 'same' | 'older' | 'newer';

export const STAMP_NAME = 's3xrc';

/** S3's limit for user metadata: UTF-8 bytes of all names and values of an object, together. */
const MAX_METADATA_BYTES = 2048;
/** S3 uses 16 to 18 digits today. */
const MAX_SEQUENCER_DIGITS = 32;
const ETAG_DIGITS = 8;
/** All places take the same room in a stamp. */
const ANYWHERE: ObjectLocation = { bucket: '', key: '' };
/** Name and value with the longest sequencer; milliseconds have 8 digits of base 36 until the year 2059, then 9. */
const MAX_STAMP_BYTES = STAMP_NAME.length + '1;;;;;'.length + 8 + 8 + 9 + MAX_SEQUENCER_DIGITS + ETAG_DIGITS;
const STAMP = /^1;([0-9a-f]{8});([0-9a-f]{8});(-?[0-9a-z]{1,10});([0-9a-f]{0,32});([0-9a-f]{0,8})$/i;
const SEQUENCER = new RegExp(`^[0-9a-f]{1,${MAX_SEQUENCER_DIGITS}}$`, 'i');
const ETAG_PREFIX = new RegExp(`^[0-9a-f]{0,${ETAG_DIGITS}}`, 'i');

/** What a stamp keeps of the name of a source bucket. */
export function originOf(sourceBucket: string): string {
  return shortHash(sourceBucket);
}

/** The stamp of a write. What cannot stand in one (a sequencer that is not hexadecimal) is left out of it. */
export function stampOf(write: WriteOrder & { readonly origin: string; readonly etag: string }): ProvenanceStamp {
  const { origin, eventTime, sequencer } = write;
  const etag = ETAG_PREFIX.exec(write.etag)?.[0] ?? '';
  const usable = sequencer !== undefined && SEQUENCER.test(sequencer);
  return usable ? { origin, eventTime, sequencer, etag } : { origin, eventTime, etag };
}

/** @param location that the object is written to */
export function encodeStamp(stamp: ProvenanceStamp, location: ObjectLocation): string {
  const { origin, eventTime, sequencer = '', etag } = stamp;
  return `1;${placeOf(location)};${origin};${eventTime.toString(36)};${sequencer};${etag}`;
}

/**
 * The stamp of an object that was found at `location`; undefined when it has none, one that was made for another place,
 * or one that this version cannot read.
 */
export function decodeStamp(metadata: UserMetadata, location: ObjectLocation): ProvenanceStamp | undefined {
  const value = Object.hasOwn(metadata, STAMP_NAME) ? metadata[STAMP_NAME] : undefined;
  const [, place, origin, time, sequencer, etag] = STAMP.exec(value ?? '') ?? [];
  if (origin === undefined || time === undefined || etag === undefined) return undefined;
  if (place !== placeOf(location)) return undefined;
  const eventTime = Number.parseInt(time, 36);
  return sequencer === undefined || sequencer === ''
    ? { origin, eventTime, etag }
    : { origin, eventTime, sequencer, etag };
}

/** The metadata with this stamp, in place of an earlier one. Ask `hasRoomFor` first. */
export function withStamp(metadata: UserMetadata, stamp: ProvenanceStamp, location: ObjectLocation): UserMetadata {
  return { ...metadata, [STAMP_NAME]: encodeStamp(stamp, location) };
}

/** Whether S3's 2 KB limit leaves room for this stamp, wherever the object is written to. */
export function hasRoomFor(metadata: UserMetadata, stamp: ProvenanceStamp): boolean {
  return metadataBytes(withStamp(metadata, stamp, ANYWHERE)) <= MAX_METADATA_BYTES;
}

/** The metadata as its owner set it. */
export function withoutStamp(metadata: UserMetadata): UserMetadata {
  if (!Object.hasOwn(metadata, STAMP_NAME)) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== STAMP_NAME));
}

/** Whether metadata without a stamp leaves room for any stamp; if it does, this product did not write it. */
export function hasRoomForStamp(metadata: UserMetadata): boolean {
  return metadataBytes(metadata) + MAX_STAMP_BYTES <= MAX_METADATA_BYTES;
}

/**
 * How the write of `stamp` relates to that of `other`. Writes of one source are ordered as S3 ordered them; writes of
 * two sources, or where one of the two has no sequencer, by time alone. Ties go by ETag and origin: any order will do if all readers agree on it.
 */
export function relateStamps(stamp: ProvenanceStamp, other: ProvenanceStamp): StampRelation {
  const order =
    (compareBySequencer(stamp, other) ?? stamp.eventTime - other.eventTime) ||
    compareText(stamp.etag, other.etag) ||
    compareText(stamp.origin, other.origin);
  if (order === 0) return 'same';
  return order < 0 ? 'older' : 'newer';
}

/** undefined where sequencers do not tell. */
function compareBySequencer(stamp: ProvenanceStamp, other: ProvenanceStamp): number | undefined {
  if (stamp.origin !== other.origin) return undefined;
  if (stamp.sequencer === undefined || other.sequencer === undefined) return undefined;
  return compareSequencers(stamp.sequencer, other.sequencer);
}

function placeOf({ bucket, key }: ObjectLocation): string {
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
