import type { FrameOutcome, LevelPolicy } from './level-policy.ts';
import { sumShares } from './level-shares.ts';

/** The level that the configuration gives, whatever the objects are. */
export function fixedLevel(level: number): LevelPolicy {
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
