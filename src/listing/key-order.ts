const SURROGATES = { first: 0xd800, last: 0xdfff } as const;
/** Lifts surrogates above all other code units, as the characters that they make are above all others. */
const LIFT = 0x10000;

/**
 * Order of keys in S3: that of their UTF-8 bytes, which is that of their code points. JavaScript compares UTF-16 code units, which
 * is another order where characters beyond U+FFFF meet those of U+E000 to U+FFFF.
 * @returns below 0, 0 or above 0, as for `sort`
 */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = left.charCodeAt(index) - right.charCodeAt(index);
    if (difference !== 0) return rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit >= SURROGATES.first && unit <= SURROGATES.last ? unit + LIFT : unit;
}
