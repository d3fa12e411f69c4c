import type { FrameOutcome, LevelPolicy } from './level-policy.ts';
import { sumShares } from './level-shares.ts';

/** The level of the configuration, for all objects. */
export function createFixedLevel(level: number): LevelPolicy {
  return {
    levels: [level],
    plan: () => {
      const outcomes: FrameOutcome[] = [];
      return {
        expect: () => level,
        forFrame: () => Promise.resolve({ level, reason: 'configured' }),
        note: (outcome) => {
          outcomes.push(outcome);
        },
        shares: () => sumShares(outcomes),
        learn: () => Promise.resolve(),
      };
    },
  };
}
