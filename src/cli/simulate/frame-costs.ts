import type { FrameProbe } from '../../adaptive/level-policy.ts';

/** The result of a level for a frame. */
export interface MeasuredLevel {
  readonly level: number;
  readonly compressed: number;
  readonly cpuSeconds: number;
}

/** Measurements of one frame at several levels. */
export interface FrameCosts {
  readonly bytes: number;
  /** Compressed size of the frame in its test, as a share. */
  readonly fraction: number;
  /** The fastest level first. */
  readonly levels: readonly MeasuredLevel[];
  readonly probe: FrameProbe;
}

/** The result of a level for a frame; a level between two measured ones is interpolated on both scales. */
export function costAtLevel({ levels }: FrameCosts, level: number): MeasuredLevel {
  const above = levels.find((one) => one.level >= level);
  const below = levels.findLast((one) => one.level <= level);
  if (above === undefined || below === undefined) throw new RangeError(`Level ${level} was not measured`);
  if (above.level === below.level) return above;
  const share = (level - below.level) / (above.level - below.level);
  const between = (low: number, high: number): number => low ** (1 - share) * high ** share;
  return {
    level,
    compressed: between(below.compressed, above.compressed),
    cpuSeconds: between(below.cpuSeconds, above.cpuSeconds),
  };
}
