const SURROGATES = { first: 0xd800, last: 0xdfff } as const;
/** Moves surrogates above all other code units, since the characters that they encode come after all others. */
const LIFT = 0x10000;

/**
 * Order of keys in S3: that of their UTF-8 bytes, which is that of their code points. JavaScript compares UTF-16 code
 * units, which gives a different order between characters above U+FFFF and those from U+E000 to U+FFFF.
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
