import * as z from 'zod';
import { MAX_KEY_BYTES } from '../units.ts';
import { FORMAT_NAME } from './format.ts';

/**
 * Fields of `manifest.json`. The first nine of an object, and `targets`, are those of the public implementation, so
 * that its target reads our archives; all others are ours. Unknown fields are dropped: a later minor version may have
 * added them.
 *
 * Lists are checked as a whole, not item by item: a hostile list of a million bad items is one problem, not a million.
 */
const text = z.string();
const byteCount = z.int().nonnegative();

const objectKey = z
  .string()
  .refine(
    (key) => key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= MAX_KEY_BYTES,
    `a key is Unicode text of 1 to ${MAX_KEY_BYTES} bytes`,
  );

const tagList = z.custom<Readonly<Record<string, string>>[]>(
  (value) => Array.isArray(value) && value.every(isOnePair),
  'tags are a list of maps, each with one name and one text',
);

const metadataList = z.custom<(readonly [name: string, value: string])[]>(
  (value) => Array.isArray(value) && value.every(isTwoTexts),
  'metadata is a list of [name, value]',
);

const publicFields = {
  source_bucket: text,
  /**
   * Together with `object_name`, forms the key: `<source_prefix>/<object_name>`, or the name alone when this is empty.
   */
  source_prefix: text,
  object_name: text,
  /** The tar member's name without `objects/`. */
  relative_key: text,
  tags: tagList,
  /** Last-Modified at the source, UTC: `2023-11-14 22:13:20`. */
  creation_time: text,
  etag: text,
  size: byteCount,
  storage_class: text,
};

export const manifestObject = z.object({
  ...publicFields,
  key: objectKey,
  /** When S3 saw the write: ISO 8601, UTC. Orders versions where there is no sequencer. */
  event_time: z.iso.datetime(),
  /** S3's own order of the writes to one key. */
  sequencer: text.optional(),
  /**
   * Only for objects found by a listing: when S3 served the read (ISO 8601, UTC). It was the current version then.
   */
  read_time: z.iso.datetime().optional(),
  /**
   * The event was about a removed version: this object was written at `creation_time` and has been current since
   * `event_time`.
   */
  by_removal: z.boolean().optional(),
  version_id: text.optional(),
  headers: z
    .object({
      contentType: text.optional(),
      contentEncoding: text.optional(),
      contentDisposition: text.optional(),
      contentLanguage: text.optional(),
      cacheControl: text.optional(),
      expires: text.optional(),
      websiteRedirectLocation: text.optional(),
    })
    .optional(),
  /** Pairs, not a map: this keeps the order, and `__proto__` is a name like any other. */
  metadata: metadataList.optional(),
  /** CRC-32 of the object's bytes as read at the source: eight hex digits. */
  crc32: z.string().regex(/^[0-9a-f]{8}$/),
  /** First frame that holds the object, counted from 0. */
  frame: byteCount,
  /** Number of frames that hold it, and nothing else; absent: 1. */
  frames: z.int().positive().optional(),
  /** Where its tar header begins in the decompressed bytes of that first frame. */
  offset: byteCount,
});

/** A key that was deleted at the source: an entry without a member, of version 2 of the format. */
export const manifestDeletion = z.object({
  source_bucket: text,
  key: objectKey,
  /** When S3 saw the deletion: ISO 8601, UTC. */
  event_time: z.iso.datetime(),
  /** S3's own order of the writes to one key, deletions included. */
  sequencer: text.optional(),
  /** Version of the delete marker, if the bucket keeps versions. */
  version_id: text.optional(),
});

export const manifestTarget = z.object({
  region: text,
  bucket: text,
  kms_key_arn: text.optional(),
  storage_class: text.optional(),
});

export const manifestFormat = z.object({ name: z.literal(FORMAT_NAME), version: z.string().regex(/^\d+\.\d+$/) });

/** The list that version 2 adds. */
export const manifestDeletions = z.object({ deletions: z.array(z.unknown()) });

/** The manifest around its lists, whose items are validated one by one. */
export const manifestEnvelope = z.object({
  format: manifestFormat,
  /** Identity of the rule that packed the archive, see configuration/rule-id.ts. */
  rule: z.string().min(1),
  level: z.int(),
  targets: z.array(z.unknown()),
  objects: z.array(z.unknown()),
});

export const publicManifestObject = z.object({
  ...publicFields,
  source_prefix: text.default(''),
  relative_key: text.optional(),
  tags: tagList.default([]),
  creation_time: text.optional(),
  etag: text.optional(),
  storage_class: text.optional(),
});

export const publicManifestEnvelope = manifestEnvelope.pick({ targets: true, objects: true });

function isOnePair(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const values: unknown[] = Object.values(value);
  return values.length === 1 && typeof values[0] === 'string';
}

function isTwoTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string';
}
