import type { LevelShare } from '../../adaptive/level-policy.ts';
import { describeLevel, LEVELS, STORE_LEVEL } from '../../configuration/schema/levels.ts';
import type { WeightedValue } from './emf-distribution.ts';

/** The metric's value for frames that were stored: below every level, so that averages move in the right direction. */
export const STORE_METRIC_LEVEL = LEVELS.minimum - 1;

/** The level of each frame of an archive. */
export function levelValues(shares: readonly LevelShare[]): WeightedValue[] {
  return shares.map(({ level, frames }) => ({
    value: level === STORE_LEVEL ? STORE_METRIC_LEVEL : level,
    count: frames,
  }));
}

/** Levels and why, for people: `text 12 (cheapest, 3 frames), packed store (cheapest, 1 frame)`. */
export function describeLevels(shares: readonly LevelShare[]): string {
  return shares
    .map(({ content, level, reason, frames }) => {
      const count = `${frames} frame${frames === 1 ? '' : 's'}`;
      return `${content} ${describeLevel(level)} (${reason}, ${count})`;
    })
    .join(', ');
}

/** The same for machines: numbers that log queries can add up. */
export function describeShare({
  content,
  level,
  reason,
  frames,
  bytes,
  compressedBytes,
}: LevelShare): Readonly<Record<string, string | number>> {
  return { content, level: describeLevel(level), reason, frames, bytes, compressed_bytes: compressedBytes };
}
