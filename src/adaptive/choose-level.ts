import type { LevelEstimate } from './estimate-levels.ts';

/**
 * The level that costs least as far as is known; when all lose money it is still the one that loses least. A guess is no
 * knowledge: it is taken when there is nothing else.
 * @param estimates the fastest level first
 * @param tolerance share of the least dollars that a faster level may cost more
 */
export function cheapestLevel(estimates: readonly LevelEstimate[], tolerance = 0): LevelEstimate {
  const known = estimates.filter(({ isGuess }) => !isGuess);
  const candidates = known.length > 0 ? known : estimates;
  const { dollars: best } = least(candidates, ({ dollars }) => dollars);
  return least(candidates, ({ dollars }) => (dollars <= best * (1 + tolerance) ? best : dollars));
}

/**
 * The level that would cost least if each cost what a draw from its posterior says: discounted Thompson sampling with
 * Gaussian posteriors (Qi, Wang, Zhu, "Discounted Thompson Sampling for Non-Stationary Bandit Problems", arXiv 2305.10718).
 * A level is tried as often as it is likely to be the best, so trying dies down as evidence grows; evidence that has decayed
 * makes it flare up again.
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

/** Box and Muller's transform. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
