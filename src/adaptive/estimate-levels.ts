import { STORE_LEVEL } from '../configuration/schema/levels.ts';
import { type ContentClass, factsOfClass } from './content-class.ts';
import type { MarginalPrices } from './cost-model.ts';
import { isPositive } from './finite-numbers.ts';
import { armKey, type RuleStatistics, weightNow } from './rule-statistics.ts';
import { type LevelPrior, typicalPrior } from './typical-levels.ts';

/** The cost per byte of a class at a level. */
export interface LevelEstimate {
  readonly level: number;
  /** USD per byte before compression. */
  readonly dollars: number;
  /** Decayed number of archives with evidence; 0 if there is only a probe, or only typical values. */
  readonly evidence: number;
  /** Extrapolated from other levels of the class: must be tried on a frame before whole archives use it. */
  readonly isGuess: boolean;
  /** Standard deviation of `dollars`, as a share of them. */
  readonly deviation: number;
}

/**
 * The usual error of the dollars per byte of one archive, and of those predicted by a probe, as a share. Compressed
 * bytes of a whole frame are right within 1-2% if measured relative to the test of the same frame, those of a sample
 * within 1-4%; CPU times of shared machines are off by more, but weigh less.
 */
const ARCHIVE_DEVIATION = 0.02;
const PROBE_DEVIATION = 0.04;
/** The number of archives that a probe is worth: weights are inverse variances. */
const PROBE_WEIGHT = (ARCHIVE_DEVIATION / PROBE_DEVIATION) ** 2;

interface SeenLevel extends LevelPrior {
  readonly level: number;
  readonly evidence: number;
}

export interface EstimateOptions {
  readonly levels: readonly number[];
  readonly prices: MarginalPrices;
  /** Speed of this machine relative to the reference machine. */
  readonly cpuSpeed: number;
}

/**
 * Estimates each level for a class. Both quantities of a level, compressed bytes and CPU seconds, are the geometric
 * mean of the observed value, weighted by its archives, and of the probe's prediction, corrected by the average error
 * of its predictions for all observed levels. Thus a rarely used level follows changes of the content along with the
 * others. Since the correction may be wrong for it, half of the correction is added as uncertainty.
 *
 * Compressed bytes are measured relative to the result of level 1 on a spread sample of the same frame: a ratio
 * estimator (Cochran, "Sampling Techniques", ch. 6), so that archives of other content do not count for or against a
 * level.
 */
export function estimateLevels(
  statistics: RuleStatistics,
  content: ContentClass,
  { levels, prices, cpuSpeed }: EstimateOptions,
): LevelEstimate[] {
  const seen = seenLevels(statistics, content);
  const fraction = testedFraction(statistics, content, seen);
  const priorOf = (level: number): LevelPrior => findPrior(statistics, content, level, fraction);
  const correction = correctPriors(seen, priorOf);
  const probed = new Set(probedLevels(statistics, content).map(({ level }) => level));
  const isLearned = probed.size > 0 || seen.length > 0;
  return levels.map((level) => {
    const prior = priorOf(level);
    const own = seen.find((one) => one.level === level);
    const evidence = own?.evidence ?? 0;
    const weight = evidence + PROBE_WEIGHT;
    const mean = (measured: number | undefined, promised: number): number =>
      Math.exp((evidence * Math.log(measured ?? promised) + PROBE_WEIGHT * Math.log(promised)) / weight);
    const dollarsOf = ({ gain, secondsPerByte }: LevelPrior): number => {
      // Storing does not change the size: there is nothing to estimate.
      const compressed = level === STORE_LEVEL ? 1 : fraction * gain;
      return prices.archiveByte * compressed + (prices.cpuSecond * secondsPerByte) / cpuSpeed;
    };
    const promised = {
      gain: prior.gain * correction.gain,
      secondsPerByte: prior.secondsPerByte * correction.secondsPerByte,
    };
    const dollars = dollarsOf({
      gain: mean(own?.gain, promised.gain),
      secondsPerByte: mean(own?.secondsPerByte, promised.secondsPerByte),
    });
    const surprise = Math.abs(Math.log(dollarsOf(promised) / dollarsOf(prior)));
    const deviation = ARCHIVE_DEVIATION / Math.sqrt(weight) + (surprise / 2) * (PROBE_WEIGHT / weight);
    const isGuess = isLearned && own === undefined && !probed.has(level) && level !== STORE_LEVEL;
    return { level, dollars, evidence, isGuess, deviation };
  });
}

/** The compressed share at level 1: of all frames, and of the probe's sample, which outweighs a few bytes of frames. */
function testedFraction({ arms, probes }: RuleStatistics, content: ContentClass, seen: readonly SeenLevel[]): number {
  let bytes = 0;
  let tested = 0;
  for (const [key, sums] of arms) {
    if (!key.startsWith(`${content}:`) || !isPositive(sums.tested)) continue;
    bytes += sums.bytes;
    tested += sums.tested;
  }
  const expected = probes.get(content)?.fraction ?? factsOfClass(content).typicalFraction;
  if (bytes === 0) return expected;
  const evidence = seen.reduce((sum, one) => sum + one.evidence, 0);
  return (evidence * (tested / bytes) + PROBE_WEIGHT * expected) / (evidence + PROBE_WEIGHT);
}

/**
 * The prediction of the latest probe; a level that it left out has its typical distance from the nearest level that it
 * has.
 */
function findPrior(statistics: RuleStatistics, content: ContentClass, level: number, fraction: number): LevelPrior {
  const typical = typicalPrior(content, level, fraction);
  const probed = statistics.priors.get(armKey(content, level));
  if (probed !== undefined || level === STORE_LEVEL) return probed ?? typical;
  const [neighbor] = probedLevels(statistics, content).toSorted(
    (left, right) => Math.abs(left.level - level) - Math.abs(right.level - level),
  );
  if (neighbor === undefined) return typical;
  const usual = typicalPrior(content, neighbor.level, fraction);
  return {
    gain: (neighbor.gain * typical.gain) / usual.gain,
    secondsPerByte: (neighbor.secondsPerByte * typical.secondsPerByte) / usual.secondsPerByte,
  };
}

function probedLevels({ priors }: RuleStatistics, content: ContentClass): (LevelPrior & { level: number })[] {
  return [...priors].flatMap(([key, prior]) => {
    const [name, level] = key.split(':');
    return name === content ? [{ ...prior, level: Number(level) }] : [];
  });
}

function seenLevels(statistics: RuleStatistics, content: ContentClass): SeenLevel[] {
  const weight = weightNow(statistics);
  return [...statistics.arms].flatMap(([key, { archives, bytes, tested, compressed, cpuSeconds }]) => {
    const [name, level] = key.split(':');
    if (name !== content || ![bytes, tested, compressed, cpuSeconds].every(isPositive)) return [];
    const evidence = archives / weight;
    return [{ level: Number(level), evidence, gain: compressed / tested, secondsPerByte: cpuSeconds / bytes }];
  });
}

/**
 * How much the observations outweigh the probe: a frame of a few bytes shows its overhead rather than the effect of a
 * level.
 */
function correctPriors(seen: readonly SeenLevel[], priorOf: (level: number) => LevelPrior): LevelPrior {
  const compressing = seen.filter(({ level }) => level !== STORE_LEVEL);
  const total = compressing.reduce((sum, { evidence }) => sum + evidence, 0);
  if (total === 0) return { gain: 1, secondsPerByte: 1 };
  const mean = (quantity: keyof LevelPrior): number =>
    Math.exp(
      compressing.reduce((sum, one) => sum + one.evidence * Math.log(one[quantity] / priorOf(one.level)[quantity]), 0) /
        (total + PROBE_WEIGHT),
    );
  return { gain: mean('gain'), secondsPerByte: mean('secondsPerByte') };
}
