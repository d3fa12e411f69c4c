import type { ManifestObject } from '../archive/manifest.ts';
import type { Destination } from '../configuration/rule.ts';
import { digestContent } from '../storage/content-digest.ts';
import type { WriteTarget } from '../storage/object-store.ts';
import {
  chooseStampLocation,
  encodeStamp,
  type ProvenanceStamp,
  STAMP_NAME,
  type StampLocation,
  stampOf,
  withoutStamp,
  withoutStampTag,
} from '../storage/provenance.ts';
import type { ObjectHeaders, ObjectLocation, ObjectTag, UserMetadata } from '../storage/stored-object.ts';
import { MAX_KEY_BYTES } from '../units.ts';

/** An object of an archive, ready to be written to any destination. */
export interface RestorableObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** At the source. */
  readonly etag: string;
  /** CRC-32 taken at the source; archives of the public implementation have none. */
  readonly crc32?: number;
  readonly headers: ObjectHeaders;
  /** Metadata as its owner set it. */
  readonly metadata: UserMetadata;
  /** Tags as its owner set them. */
  readonly tags: readonly ObjectTag[];
  readonly storageClass: string;
  readonly stamp: ProvenanceStamp;
  /**
   * When it was written at the source, if its event is the removal of a version, which made it current: milliseconds
   * since 1970.
   */
  readonly writtenAt?: number;
  /** The result of placing its stamp. */
  readonly carrier: StampLocation;
}

/** @param origin of the manifest's source bucket, see `originOf` */
export function makeRestorableObject(object: ManifestObject, origin: string): RestorableObject {
  const { key, size, etag, sequencer, read_time } = object;
  const read = read_time === undefined ? {} : { readAt: Date.parse(read_time) };
  const stamp = stampOf({ origin, etag, sequencer, eventTime: Date.parse(object.event_time), ...read });
  const written = writtenBeforeRemoval(object);
  return {
    key,
    size,
    etag,
    crc32: Number.parseInt(object.crc32, 16),
    // JSON has no `undefined`, which the schema's type allows for the values.
    headers: (object.headers ?? {}) as ObjectHeaders,
    ...makeStampable(Object.fromEntries(object.metadata ?? []), objectTags(object.tags), stamp),
    storageClass: object.storage_class,
    stamp,
    ...(written === undefined ? {} : { writtenAt: written }),
  };
}

/**
 * When the version that is current after a removal was written: milliseconds since 1970. @returns undefined for any
 * other object
 */
export function writtenBeforeRemoval({
  by_removal,
  creation_time = '',
}: Partial<Pick<ManifestObject, 'by_removal' | 'creation_time'>>): number | undefined {
  const time = by_removal === true ? Date.parse(`${creation_time.replace(' ', 'T')}Z`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** A stamp of an earlier hop (a rule with `chain`) is never kept next to ours: it belongs to another write. */
export function makeStampable(
  metadata: UserMetadata,
  tags: readonly ObjectTag[],
  stamp: ProvenanceStamp,
): Pick<RestorableObject, 'metadata' | 'tags' | 'carrier'> {
  const own = { metadata: withoutStamp(metadata), tags: withoutStampTag(tags) };
  return { ...own, carrier: chooseStampLocation(own.metadata, own.tags, stamp) };
}

/** Tags of a manifest, which has one map per pair, in S3's form. */
export function objectTags(tags: readonly Readonly<Record<string, string>>[]): ObjectTag[] {
  return tags.flatMap((tag) => Object.entries(tag).map(([key, value]) => ({ key, value })));
}

/** Classes that a PUT into a general purpose bucket accepts. S3 has further classes in other kinds of storage. */
const PUT_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
]);

/** The class of the object at the source, if a PUT does not accept it: then it becomes STANDARD. */
export function lostStorageClass(object: RestorableObject, destination: Destination): string | undefined {
  return destination.storageClass !== undefined || PUT_CLASSES.has(object.storageClass)
    ? undefined
    : object.storageClass;
}

/** Whether S3 accepts the key with the destination's prefix. */
export function fitsKey(object: { readonly key: string }, destination: Destination): boolean {
  const { targetPrefix } = destination;
  return targetPrefix === undefined || Buffer.byteLength(locationAt(object, destination).key) <= MAX_KEY_BYTES;
}

/** The target of a write, and everything about the object except its bytes. */
export function makeWriteTarget(object: RestorableObject, destination: Destination): WriteTarget {
  const { headers } = object;
  const location = locationAt(object, destination);
  const lost = lostStorageClass(object, destination);
  const storageClass = destination.storageClass ?? (lost === undefined ? object.storageClass : 'STANDARD');
  const target = { ...location, headers, ...stamped(object, location), storageClass };
  return destination.kmsKeyArn === undefined ? target : { ...target, kmsKeyArn: destination.kmsKeyArn };
}

function stamped(object: RestorableObject, location: ObjectLocation): Pick<WriteTarget, 'metadata' | 'tags'> {
  const { metadata, tags, stamp, carrier } = object;
  if (carrier === 'none') return { metadata, tags };
  const value = encodeStamp(stamp, digestContent(object), location);
  return carrier === 'metadata'
    ? { metadata: { ...metadata, [STAMP_NAME]: value }, tags }
    : { metadata, tags: [...tags, { key: STAMP_NAME, value }] };
}

/** Keys are exactly those of the source, except for a prefix that the destination may add. */
export function locationAt(
  object: { readonly key: string },
  { bucket, targetPrefix = '' }: Pick<Destination, 'bucket' | 'targetPrefix'>,
): ObjectLocation {
  return { bucket, key: targetPrefix + object.key };
}
