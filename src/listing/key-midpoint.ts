import { compareKeys } from './key-order.ts';

/** Most characters of keys are in this range; all others belong to one of the halves. */
const TYPICAL = { min: 0x20, max: 0x7f } as const;
const LAST_CODE_POINT = 0x10ffff;
/** Code points that cannot occur in text. */
const SURROGATES = { first: 0xd800, next: 0xe000 } as const;

/**
 * A text between two keys in S3's order, so that each half of a range of keys can be listed separately. It halves the
 * range of the first character that differs, since nothing else is known about the distribution of keys.
 * @param lower exclusive
 * @param upper exclusive; undefined: the end of all keys with `prefix`
 * @returns undefined when there is no such text
 */
export function midpointKey(lower: string, upper: string | undefined, prefix: string): string | undefined {
  const low = codePoints(compareKeys(lower, prefix) < 0 ? prefix : lower);
  const high = upper === undefined ? [...codePoints(prefix), LAST_CODE_POINT] : codePoints(upper);
  const middle: number[] = [];
  // Whether the text so far is also a prefix of `upper`.
  let isBound = true;
  for (let index = 0; ; index += 1) {
    const from = low[index] ?? 0;
    const to = isBound ? (high[index] ?? 0) : LAST_CODE_POINT;
    const between = characterBetween(from, to);
    if (between !== undefined) return String.fromCodePoint(...middle, between);
    if (index >= low.length) return undefined;
    if (from < to) isBound = false;
    middle.push(from);
  }
}

function characterBetween(from: number, to: number): number | undefined {
  const min = from < TYPICAL.min && to > TYPICAL.min + 1 ? TYPICAL.min : from;
  const max = to > TYPICAL.max && min < TYPICAL.max - 1 ? TYPICAL.max : to;
  if (max - min < 2) return undefined;
  const middle = Math.floor((min + max) / 2);
  if (middle < SURROGATES.first || middle >= SURROGATES.next) return middle;
  return SURROGATES.next < max ? SURROGATES.next : undefined;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
