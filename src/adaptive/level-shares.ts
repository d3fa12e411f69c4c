import { type ContentClass, resolveContentClass } from './content-class.ts';
import type { FrameOutcome, LevelShare } from './level-policy.ts';

/** The class that a frame turned out to have. */
export function outcomeClass({ expected, test }: Pick<FrameOutcome, 'expected' | 'test'>): ContentClass {
  return test === undefined ? expected : resolveContentClass(expected, test.isPacked);
}

/** Sums outcomes by class, level and reason; the most bytes first. */
export function sumShares(outcomes: readonly FrameOutcome[]): LevelShare[] {
  const shares = new Map<string, LevelShare>();
  for (const outcome of outcomes) {
    const { level, reason, bytes, compressed, cpuSeconds } = outcome;
    const content = outcomeClass(outcome);
    const key = `${content} ${level} ${reason}`;
    const sum = shares.get(key);
    shares.set(key, {
      content,
      level,
      reason,
      frames: (sum?.frames ?? 0) + 1,
      bytes: (sum?.bytes ?? 0) + bytes,
      compressedBytes: (sum?.compressedBytes ?? 0) + compressed,
      cpuSeconds: (sum?.cpuSeconds ?? 0) + cpuSeconds,
    });
  }
  return [...shares.values()].toSorted((left, right) => right.bytes - left.bytes);
}
