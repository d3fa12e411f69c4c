import { MAX_KEY_BYTES } from '../../units.ts';

/** Keys that begin with one text and end with another. */
export interface KeyFilter {
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * The keys that two filters have in common, as another filter: one prefix must begin with the other, and one suffix
 * end with the other. S3 compares the filters of a bucket's notifications in the same way.
 * @returns undefined when no key passes both
 */
export function intersectFilters(left: KeyFilter, right: KeyFilter): KeyFilter | undefined {
  const [shortPrefix, prefix] = byLength(left.prefix, right.prefix);
  const [shortSuffix, suffix] = byLength(left.suffix, right.suffix);
  return prefix.startsWith(shortPrefix) && suffix.endsWith(shortSuffix) ? { prefix, suffix } : undefined;
}

/** Why a text cannot be a part of a key; undefined if it can. */
export function keyPartFault(text: string): string | undefined {
  if (!text.isWellFormed()) return 'a key cannot contain half of a surrogate pair';
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) return `a key has at most ${MAX_KEY_BYTES} bytes of UTF-8`;
  return undefined;
}

/** Why a text cannot be a prefix or suffix of a filter; undefined if it can. */
export function filterFault(text: string): string | undefined {
  if (text.includes('*'))
    return 'S3 filters have no wildcards; the text already matches all keys that begin (or end) with it';
  if (text.startsWith('s3://')) return 'a filter is a part of the key, without s3:// and the bucket';
  if (/[\p{Cc}\ufffe\uffff]/u.test(text)) return 'S3 stores filters as XML, which allows no control characters';
  return keyPartFault(text);
}

function byLength(left: string, right: string): readonly [string, string] {
  return left.length <= right.length ? [left, right] : [right, left];
}
