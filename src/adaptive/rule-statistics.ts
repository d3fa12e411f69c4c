import type { ContentClass } from './content-class.ts';
import type { LevelPrior } from './typical-levels.ts';

/**
 * Archives after which evidence counts e times less: a change of content is followed within some tens of archives. Time
 * would forget a quiet rule overnight and a busy one never.
 */
export const MEMORY_ARCHIVES = 32;
/**
 * Weights above this (e^16, after 512 archives) are scaled down again. DynamoDB refuses a sum of more than 38 digits: what
 * the item counts in (aws/dynamodb/statistics-item.ts) leaves room for a rebase that comes hundreds of archives late.
 */
const MAX_EXPONENT = 16;
/** What weighs less when weights are scaled down is forgotten: nothing was seen of it for 442 archives or more. */
const MIN_ARCHIVES = 1e-6;
/** Of a rule with dozens of levels the arms that weigh most are kept, as many as fit into one expression of DynamoDB. */
export const MAX_ARMS = 80;

/** A class at a level. */
export type ArmKey = `${ContentClass}:${number}`;

/** Sums over frames, each weighted by the age of its archive. CPU seconds are those of the reference machine. */
export interface ArmSums {
  /** Archives that had such frames. */
  readonly archives: number;
  readonly bytes: number;
  /** Bytes that level 1 would have left, by test. */
  readonly tested: number;
  readonly compressed: number;
  readonly cpuSeconds: number;
}

export interface ClassProbe {
  /** Number of the archive that was probed. */
  readonly archive: number;
  /** Share of its size that level 1 left of the sample. */
  readonly fraction: number;
}

/** What a rule has learned. */
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

/** What one archive teaches: sums are added, results of probes are replaced. */
export type StatisticsUpdate = Pick<RuleStatistics, 'arms' | 'priors' | 'probes'>;

/** The same with the weight of its time. Added to sums of another landmark it would count e^16 times too much, or too little. */
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
 * Weight of what is added now. Forward decay (Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay", ICDE 2009): new
 * evidence weighs more instead of old evidence being made less, so that an update is a pure addition, which DynamoDB does
 * atomically. Sums divided by the weight of now are the decayed ones.
 */
export function weightNow({ archives, landmark }: Pick<RuleStatistics, 'archives' | 'landmark'>): number {
  return Math.exp((archives - landmark) / MEMORY_ARCHIVES);
}

/** The sums of both, as `weight` times the second. */
export function addSums(sums: ArmSums | undefined, more: ArmSums, weight = 1): ArmSums {
  return {
    archives: (sums?.archives ?? 0) + weight * more.archives,
    bytes: (sums?.bytes ?? 0) + weight * more.bytes,
    tested: (sums?.tested ?? 0) + weight * more.tested,
    compressed: (sums?.compressed ?? 0) + weight * more.compressed,
    cpuSeconds: (sums?.cpuSeconds ?? 0) + weight * more.cpuSeconds,
  };
}

/** The update as an archive of now. */
export function weighUpdate(
  update: StatisticsUpdate,
  known: Pick<RuleStatistics, 'archives' | 'landmark'>,
): WeightedUpdate {
  return { ...update, arms: scaleArms(update.arms, weightNow(known)), landmark: known.landmark };
}

/** The same statistics with weights that begin at 1 again; undefined while there is no need. */
export function rebaseStatistics(statistics: RuleStatistics): RuleStatistics | undefined {
  const { archives, landmark, arms } = statistics;
  if ((archives - landmark) / MEMORY_ARCHIVES < MAX_EXPONENT) return undefined;
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
