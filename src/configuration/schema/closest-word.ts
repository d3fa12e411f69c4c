/** Max edits of one letter that count as a typing mistake in a word of this length. */
const toleranceOf = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/**
 * The word that was most likely meant: one with a similar spelling, or a longer one that begins the same; undefined if
 * there is none.
 */
export function closestWord(word: string, words: readonly string[]): string | undefined {
  const near = words
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= toleranceOf(word))
    .toSorted((left, right) => left.distance - right.distance);
  return near[0]?.candidate ?? words.find((candidate) => candidate.startsWith(`${word}_`));
}

/**
 * The number of insertions, deletions, replacements and swaps of neighbors that turn one text into another (optimal
 * string alignment).
 */
function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + changed,
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return last[right.length] ?? 0;
}
