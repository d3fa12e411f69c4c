import { type AdaptiveOptions, type CpuSpeed, createAdaptiveLevels } from '../adaptive/adaptive-levels.ts';
import { marginalPrices, type RuleCosts } from '../adaptive/cost-model.ts';
import { relativeCpuSpeed } from '../adaptive/cpu-speed.ts';
import { isPositive } from '../adaptive/finite-numbers.ts';
import { createFixedLevel } from '../adaptive/fixed-level.ts';
import type { LevelPolicy } from '../adaptive/level-policy.ts';
import { StatisticsCache } from '../adaptive/statistics-cache.ts';
import type { StatisticsStore } from '../adaptive/statistics-store.ts';
import { DynamoDbStatistics } from '../aws/dynamodb/statistics.ts';
import type { FramePool } from '../compression/frame-pool.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import { asCompressorError, type CompressorError } from '../errors.ts';

export interface LevelPolicyOptions {
  readonly rule: ReplicationRule;
  readonly costs: RuleCosts;
  /** Absent: what is learned is lost when the process ends. */
  readonly statistics: StatisticsStore | undefined;
  readonly cpuSpeed: CpuSpeed;
  readonly onFailure: (error: CompressorError) => void;
}

/** The level policy of a rule: the level in its configuration, or levels chosen by cost. */
export function createLevelPolicy(options: LevelPolicyOptions): LevelPolicy {
  const { rule, costs, statistics: store, cpuSpeed, onFailure } = options;
  if (rule.source.level !== undefined) return createFixedLevel(rule.source.level);
  const adaptive: AdaptiveOptions = {
    levels: rule.source.levels,
    prices: marginalPrices(costs),
    statistics: new StatisticsCache({ rule: rule.id, store, now: Date.now, onFailure }),
    cpuSpeed,
    random: Math.random,
  };
  return createAdaptiveLevels(adaptive);
}

/** Statistics are not worth a long wait: after this time the archive is packed without them. */
const STATISTICS_TIMEOUT = { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true } as const;

/** The client is loaded at its first call, while the GETs of the first frames are under way. */
export function openStatisticsStore(table: string): StatisticsStore {
  return new DynamoDbStatistics({
    table,
    openClient: async () => {
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
      return new DynamoDBClient({ maxAttempts: 2, requestHandler: STATISTICS_TIMEOUT });
    },
    now: Date.now,
  });
}

/** Measured in the pool, once, when it is first asked for. */
export function processCpuSpeed(pool: FramePool, onFailure: (error: CompressorError) => void): CpuSpeed {
  let known = 1;
  let measuring: Promise<number> | undefined;
  const measure = async (): Promise<number> => {
    try {
      const measured = relativeCpuSpeed(await pool.measureSpeed());
      // If the clock is too coarse for the benchmark, it reports 0 seconds: then nothing was measured.
      if (isPositive(measured)) known = measured;
    } catch (thrown) {
      onFailure(asCompressorError(thrown));
    }
    return known;
  };
  return {
    get known() {
      return known;
    },
    measure: () => (measuring ??= measure()),
  };
}
