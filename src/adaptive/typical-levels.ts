import { STORE_LEVEL } from '../configuration/schema/levels.ts';
import type { ContentClass } from './content-class.ts';

/** Typical values of a level, used before anything was measured. */
export interface LevelPrior {
  /** Compressed bytes per byte that level 1 left in the test. */
  readonly gain: number;
  /** CPU seconds of the reference machine per byte before compression. */
  readonly secondsPerByte: number;
}

/**
 * Gain relative to level 1, and MB/s of one x86 core, frames of 8 MiB of JSON and text, zstd 1.5.7
 * (docs/performance.md, docs/decisions/0003-packing-speed.md). Levels between two rows use the slower one.
 */
const MEASURED: readonly (readonly [level: number, gain: number, megabytesPerSecond: number])[] = [
  [-5, 1.4, 600],
  [1, 1, 490],
  [3, 0.89, 250],
  [6, 0.815, 79],
  [9, 0.78, 49],
  [12, 0.76, 30],
  [15, 0.745, 5],
  [19, 0.685, 2.3],
  [22, 0.67, 1],
];
const STORE_SECONDS_PER_BYTE = 1 / 2800e6;

/** Used for a level that was not measured; exact for STORE_LEVEL, whose gain depends on the fraction only. */
export function typicalPrior(content: ContentClass, level: number, fraction: number): LevelPrior {
  if (level === STORE_LEVEL) return { gain: 1 / fraction, secondsPerByte: STORE_SECONDS_PER_BYTE };
  const [, gain, speed] = MEASURED.find(([row]) => row >= level) ?? [22, 0.67, 1];
  return { gain: content === 'packed' ? 1 : gain, secondsPerByte: 1 / (speed * 1e6) };
}
