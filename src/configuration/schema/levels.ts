/** zstd levels that a configuration may name. */
export const LEVELS = { minimum: -7, maximum: 22 } as const;

/**
 * Means "do not compress": zstd's own lowest level, `ZSTD_minCLevel()`. At this step size its search finds no match, so
 * it writes raw blocks even for text, in a valid frame with its checksum: 2.7-2.9 GB/s on one core.
 */
export const STORE_LEVEL = -131_072;

/** The levels to choose from unless a rule sets others; those in between are never the best (docs/performance.md). */
export const STANDARD_LEVELS = ['store', -5, 1, 3, 6, 9, 12, 19] as const;

/** The levels of a configuration as zstd's numbers: each once, the fastest first. */
export function levelsToChooseFrom(levels: readonly ('store' | number)[]): number[] {
  const numbers = new Set(levels.map((level) => (level === 'store' ? STORE_LEVEL : level)));
  return [...numbers].toSorted((left, right) => left - right);
}

/** A level as text for people. */
export function describeLevel(level: number): string {
  return level === STORE_LEVEL ? 'store' : String(level);
}
