import type { Random } from '../../local-cloud/faults/random.ts';

/** Decides which calls S3 refuses with 503 SlowDown. */
export interface BucketLoad {
  /** @param now milliseconds */
  refuses(now: number): boolean;
}

/** Refuses at random, regardless of the load: the worst case for a client that slows down. */
export function randomRefusals(share: number, random: Random): BucketLoad {
  return { refuses: () => random() < share };
}

/**
 * Serves this many calls per second and refuses the rest (S3 user guide, "Best practices design patterns": at least
 * 5,500 GETs and 3,500 PUTs per second and prefix).
 */
export function limitedRate(callsPerSecond: number): BucketLoad {
  let tokens = callsPerSecond;
  let filled = Number.NEGATIVE_INFINITY;
  return {
    refuses: (now) => {
      tokens = Math.min(callsPerSecond, tokens + ((now - filled) / 1000) * callsPerSecond);
      filled = now;
      if (tokens < 1) return true;
      tokens -= 1;
      return false;
    },
  };
}
