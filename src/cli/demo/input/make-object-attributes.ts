import { createHash } from 'node:crypto';
import type { ObjectHeaders, ObjectTag, UserMetadata } from '../../../storage/stored-object.ts';
import { contentTypeOf } from './content-type.ts';
import type { ObjectAttributes } from './planned-object.ts';

/** Classes that S3 can read at once; objects in others are refused by design and would show nothing. */
const STORAGE_CLASSES = ['STANDARD', 'STANDARD', 'STANDARD_IA', 'INTELLIGENT_TIERING', 'ONEZONE_IA', 'GLACIER_IR'];
const LANGUAGES = ['en', 'de-CH', 'pt-BR', 'ja'];
const AUTHORS = ['Ada Lovelace', 'Jürgen Groß', '山田太郎', 'Zoë Ångström 🙂', 'Łukasz Żółć'];
/** Only what S3 allows in tags. */
const TEAMS = ['storage', 'data analytics', 'Q3 2026', 'a+b=c/d:e_f.g-h@i'];
/** S3's limit. */
const MAX_TAGS = 10;
/** Bytes, of S3's 2,048, that leave no room for our stamp. */
const FULL_METADATA_BYTES = 2040;
/** One key in this many. */
const CROWDED_EVERY = 32;
const EXPIRES = 'Wed, 21 Oct 2037 07:28:00 GMT';

/**
 * Headers, metadata, tags and class for a key: always the same for the same key, and each kind among many keys. They
 * are unrelated to the bytes; each of them must arrive.
 */
export function makeObjectAttributes(key: string): ObjectAttributes {
  const digest = createHash('sha256').update(key).digest();
  /** A different number from 0 to 255 for each trait. */
  const roll = (trait: number): number => digest.readUInt8(trait);
  return {
    headers: chooseHeaders(key, roll),
    metadata: chooseMetadata(digest, roll),
    tags: chooseTags(roll),
    storageClass: pick(STORAGE_CLASSES, roll(10)),
  };
}

/** The same, but one key in 32 has metadata that leaves no room for the stamp, which must then be a tag. */
export function makeCrowdedAttributes(key: string): ObjectAttributes {
  const attributes = makeObjectAttributes(key);
  if (createHash('sha256').update(key).digest().readUInt8(30) % CROWDED_EVERY !== 0) return attributes;
  const others = Object.entries(attributes.metadata).filter(([name]) => name !== 'remark');
  const taken = Buffer.byteLength(others.flat().join('')) + 'remark'.length;
  return {
    ...attributes,
    metadata: { ...Object.fromEntries(others), remark: 'x'.repeat(FULL_METADATA_BYTES - taken) },
    tags: attributes.tags.slice(0, MAX_TAGS - 1),
  };
}

type Roll = (trait: number) => number;

function chooseHeaders(key: string, roll: Roll): ObjectHeaders {
  const name = encodeURIComponent(key.slice(-40).toWellFormed());
  return {
    contentType: contentTypeOf(key),
    ...(key.endsWith('.gz') ? { contentEncoding: 'gzip' } : {}),
    ...(roll(0) % 3 === 0 ? { cacheControl: `public, max-age=${60 * roll(1)}` } : {}),
    ...(roll(2) % 4 === 0 ? { contentDisposition: `attachment; filename*=UTF-8''${name}` } : {}),
    ...(roll(3) % 4 === 0 ? { contentLanguage: pick(LANGUAGES, roll(3) >> 2) } : {}),
    ...(roll(4) % 8 === 0 ? { expires: EXPIRES } : {}),
    ...(roll(5) % 16 === 0 ? { websiteRedirectLocation: '/moved/elsewhere.html' } : {}),
  };
}

function chooseMetadata(digest: Buffer, roll: Roll): UserMetadata {
  return {
    ...(roll(6) % 2 === 0 ? { author: pick(AUTHORS, roll(6) >> 1) } : {}),
    ...(roll(7) % 3 === 0 ? { 'content-sha': digest.toString('hex') } : {}),
    ...(roll(8) % 32 === 0 ? { remark: 'x'.repeat(1500) } : {}),
  };
}

/** Every other object has none, since reading tags costs a separate request. */
function chooseTags(roll: Roll): ObjectTag[] {
  const count = roll(9) % 2 === 0 ? 0 : (roll(9) >> 1) % (MAX_TAGS + 1);
  return Array.from({ length: count }, (_, index) => ({ key: `team ${index}`, value: pick(TEAMS, roll(11 + index)) }));
}

function pick(choices: readonly string[], number: number): string {
  return choices[number % choices.length] ?? '';
}
