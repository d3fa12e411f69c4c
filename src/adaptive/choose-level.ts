import type { LevelEstimate } from './estimate-levels.ts';

/**
 * The cheapest level by current knowledge; if all lose money, the one that loses least. Guessed levels
 * count only if there are no others.
 * @param estimates the fastest level first
 * @param tolerance how much more than the cheapest level a faster one may cost, as a share
 */
export function cheapestLevel(estimates: readonly LevelEstimate[], tolerance = 0): LevelEstimate {
  const known = estimates.filter(({ isGuess }) => !isGuess);
  const candidates = known.length > 0 ? known : estimates;
  const { dollars: best } = least(candidates, ({ dollars }) => dollars);
  return least(candidates, ({ dollars }) => (dollars <= best * (1 + tolerance) ? best : dollars));
}

/**
 * The cheapest level if the cost of each is drawn from its posterior: discounted Thompson sampling with Gaussian
 * posteriors (Qi, Wang, Zhu, "Discounted Thompson Sampling for Non-Stationary Bandit Problems", arXiv 2305.10718). A
 * level is tried as often as it is likely to be the best, so trials become rare as evidence grows, and frequent again
 * when evidence has decayed.
 * @param random uniform in [0, 1)
 */
export function sampleLevel(estimates: readonly LevelEstimate[], random: () => number): LevelEstimate {
  return least(estimates, ({ dollars, deviation }) => dollars * (1 + deviation * standardNormal(random)));
}

function least(estimates: readonly LevelEstimate[], cost: (estimate: LevelEstimate) => number): LevelEstimate {
  const [first, ...rest] = estimates.map((estimate) => ({ estimate, value: cost(estimate) }));
  if (first === undefined) throw new RangeError('There is no level to choose from');
  return rest.reduce((best, one) => (one.value < best.value ? one : best), first).estimate;
}

/** The Box-Muller transform. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
