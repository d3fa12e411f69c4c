import { createHash } from 'node:crypto';
import { OBJECT_MEMBER_PREFIX } from './format.ts';

/** File systems (and the public implementation's target) end a path segment here, in bytes. */
const MAX_SEGMENT_BYTES = 255;

/**
 * The tar member of an object: `objects/` + its key, changing only those segments that a tar reader could mistake for
 * a path (`''`, `.`, `..`) or could not store (over 255 bytes, NUL).
 *
 * | segment              | becomes                 |
 * |----------------------|-------------------------|
 * | empty                | `%`                     |
 * | `.`, `..`            | `%2E`, `%2E%2E`         |
 * | begins with `%`      | `%25` + the rest        |
 * | > 255 bytes, or NUL  | `%~` + SHA-256, in hex  |
 *
 * Two keys never have the same member name: a changed segment begins with `%`, and a literal `%` there becomes `%25`.
 */
export function memberName(key: string): string {
  return OBJECT_MEMBER_PREFIX + relativeKey(key);
}

/** The member name without `objects/`; the manifest's `relative_key`. */
export function relativeKey(key: string): string {
  return key.split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  if (segment === '') return '%';
  if (segment === '.') return '%2E';
  if (segment === '..') return '%2E%2E';
  const encoded = segment.startsWith('%') ? `%25${segment.slice(1)}` : segment;
  if (Buffer.byteLength(encoded) > MAX_SEGMENT_BYTES || encoded.includes('\0')) {
    return `%~${createHash('sha256').update(segment).digest('hex')}`;
  }
  return encoded;
}
