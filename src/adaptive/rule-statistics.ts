import type { ContentClass } from './content-class.ts';
import type { LevelPrior } from './typical-levels.ts';

/**
 * Archives after which evidence counts e times less: a change of content is followed within some tens of archives. Time
 * would forget a quiet rule overnight and a busy one never.
 */
export const MEMORY_ARCHIVES = 32;
/** Weights above this (e^64, after 2,048 archives) are scaled down again; numbers of DynamoDB end at 1e125. */
const LARGEST_EXPONENT = 64;

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

/** What a rule has learnt. */
export interface RuleStatistics {
  /** Archives so far: the clock of ageing. */
  readonly archives: number;
  /** Archive number at which weights are 1. */
  readonly landmark: number;
  readonly arms: ReadonlyMap<ArmKey, ArmSums>;
  /** Results of the latest probe. */
  readonly priors: ReadonlyMap<ArmKey, LevelPrior>;
  readonly probes: ReadonlyMap<ContentClass, ClassProbe>;
}

/** What one archive adds: sums are added, results of probes are replaced. */
export type StatisticsUpdate = Pick<RuleStatistics, 'arms' | 'priors' | 'probes'>;

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

/** The same statistics with weights that begin at 1 again; undefined while there is no need. */
export function rebaseStatistics(statistics: RuleStatistics): RuleStatistics | undefined {
  const { archives, landmark, arms } = statistics;
  if ((archives - landmark) / MEMORY_ARCHIVES < LARGEST_EXPONENT) return undefined;
  const scale = 1 / weightNow(statistics);
  const rebased = [...arms].map(([key, sums]) => [key, addSums(undefined, sums, scale)] as const);
  return { ...statistics, landmark: archives, arms: new Map(rebased) };
}

/** Statistics with one more archive. @param update weighted already */
export function addUpdate(statistics: RuleStatistics, update: StatisticsUpdate): RuleStatistics {
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
