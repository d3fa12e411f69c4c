import type { ContentClass } from './content-class.ts';
import type { LevelPrior } from './typical-levels.ts';

/**
 * Archives after which evidence counts e times less, so that a change of content is followed within a few dozen
 * archives. Aging by time would forget a quiet rule overnight and a busy one never.
 */
export const DECAY_ARCHIVES = 32;
/**
 * Weights above this (e^16, after 512 archives) are scaled down again. DynamoDB refuses a sum of more than 38 digits:
 * the units of the item (aws/dynamodb/statistics-item.ts) leave room for a rebase that comes hundreds of archives late.
 */
const MAX_EXPONENT = 16;
/**
 * Entries with a lower weight are forgotten when weights are scaled down: they were not seen for 442 archives or more.
 */
const MIN_ARCHIVES = 1e-6;
/**
 * For a rule with dozens of levels, only the arms with the highest weights are kept: as many as fit into one DynamoDB
 * expression.
 */
export const MAX_ARMS = 80;

/** A class at a level. */
export type ArmKey = `${ContentClass}:${number}`;

/** Sums over frames, each weighted by the age of its archive. CPU seconds are those of the reference machine. */
export interface ArmSums {
  /** Archives that had such frames. */
  readonly archives: number;
  readonly bytes: number;
  /** Bytes that level 1 would have left, according to the test. */
  readonly tested: number;
  readonly compressed: number;
  readonly cpuSeconds: number;
}

export interface ClassProbe {
  /** Number of the archive that was probed. */
  readonly archive: number;
  /** Compressed share of the sample at level 1. */
  readonly fraction: number;
}

/** What was learned about a rule. */
export interface RuleStatistics {
  /** Archives so far: the clock of aging. */
  readonly archives: number;
  /** Archive number at which weights are 1. */
  readonly landmark: number;
  readonly arms: ReadonlyMap<ArmKey, ArmSums>;
  /** Results of the latest probe. */
  readonly priors: ReadonlyMap<ArmKey, LevelPrior>;
  readonly probes: ReadonlyMap<ContentClass, ClassProbe>;
}

/** The evidence of one archive: sums are added, results of probes are replaced. */
export type StatisticsUpdate = Pick<RuleStatistics, 'arms' | 'priors' | 'probes'>;

/**
 * The same with the weight of its time. Added to sums with another landmark, it would count e^16 times too much or too
 * little.
 */
export type WeightedUpdate = StatisticsUpdate & Pick<RuleStatistics, 'landmark'>;

export const NO_STATISTICS: RuleStatistics = {
  archives: 0,
  landmark: 0,
  arms: new Map(),
  priors: new Map(),
  probes: new Map(),
};

export function armKey(content: ContentClass, level: number): ArmKey {
  return `${content}:${level}`;
}

/**
 * Weight of evidence that is added now. Forward decay (Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay", ICDE
 * 2009): new evidence gets a higher weight, instead of reducing that of old evidence, so an update is a pure addition,
 * which DynamoDB does atomically. Dividing the sums by the current weight gives the decayed ones.
 */
export function weightNow({ archives, landmark }: Pick<RuleStatistics, 'archives' | 'landmark'>): number {
  return Math.exp((archives - landmark) / DECAY_ARCHIVES);
}

/** The sum of the first and `weight` times the second. */
export function addSums(sums: ArmSums | undefined, more: ArmSums, weight = 1): ArmSums {
  return {
    archives: (sums?.archives ?? 0) + weight * more.archives,
    bytes: (sums?.bytes ?? 0) + weight * more.bytes,
    tested: (sums?.tested ?? 0) + weight * more.tested,
    compressed: (sums?.compressed ?? 0) + weight * more.compressed,
    cpuSeconds: (sums?.cpuSeconds ?? 0) + weight * more.cpuSeconds,
  };
}

/** The update with the current weight. */
export function weighUpdate(
  update: StatisticsUpdate,
  known: Pick<RuleStatistics, 'archives' | 'landmark'>,
): WeightedUpdate {
  return { ...update, arms: scaleArms(update.arms, weightNow(known)), landmark: known.landmark };
}

/** The same statistics with weights that restart at 1; undefined while that is not needed. */
export function rebaseStatistics(statistics: RuleStatistics): RuleStatistics | undefined {
  const { archives, landmark, arms } = statistics;
  if ((archives - landmark) / DECAY_ARCHIVES < MAX_EXPONENT) return undefined;
  const kept = [...scaleArms(arms, 1 / weightNow(statistics))]
    .filter(([, sums]) => sums.archives >= MIN_ARCHIVES)
    .toSorted(([, left], [, right]) => right.archives - left.archives)
    .slice(0, MAX_ARMS);
  return { ...statistics, landmark: archives, arms: new Map(kept) };
}

/** Statistics with one more archive. */
export function addUpdate(statistics: RuleStatistics, update: WeightedUpdate): RuleStatistics {
  const arms = new Map(statistics.arms);
  for (const [key, sums] of update.arms) arms.set(key, addSums(arms.get(key), sums));
  return {
    archives: statistics.archives + 1,
    landmark: statistics.landmark,
    arms,
    priors: new Map([...statistics.priors, ...update.priors]),
    probes: new Map([...statistics.probes, ...update.probes]),
  };
}

function scaleArms(arms: RuleStatistics['arms'], scale: number): Map<ArmKey, ArmSums> {
  return new Map([...arms].map(([key, sums]) => [key, addSums(undefined, sums, scale)] as const));
}
