import { MIB } from '../units.ts';
import type { Destination, ReplicationRule } from './rule.ts';
import { ruleId } from './rule-id.ts';
import { levelsToChooseFrom } from './schema/levels.ts';
import type { DestinationEntry, ReplicationFile, SourceEntry } from './schema/schema.ts';

/** AWS's advice for a queue that feeds a function (Lambda developer guide, "Configuring a queue"). */
export const VISIBILITY_TIMES_TIMEOUT = 6;
/** Lambda's minimum for the maximum concurrency of an event source mapping. */
const MIN_CONCURRENCY = 2;

/** A rule with everything that its stack needs. */
export interface DeployedRule extends ReplicationRule {
  readonly sizing: RuleSizing;
  /** Seconds within which an object should arrive at its destinations; older ones raise an alarm. */
  readonly objectiveSeconds: number;
  /** How its bucket reports new objects. */
  readonly events: SourceEntry['events'];
  /** Its queue receives no new objects; everything else still works. */
  readonly draining: boolean;
  /** How often a schedule verifies its destinations; absent: never. */
  readonly verify?: VerifyInterval;
}

export type VerifyInterval = Exclude<SourceEntry['verify'], 'never'>;

/** Sizes of the resources in a rule's stack. */
export interface RuleSizing {
  readonly functionMemoryMegabytes: number;
  readonly functionTimeoutSeconds: number;
  /** Messages. */
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  /** Maximum concurrency of the function, within Lambda's limits. */
  readonly maximumConcurrency: number;
  /** Visibility timeout of the queue: at least 6 times the function's timeout plus the window. */
  readonly visibilitySeconds: number;
  /** Absent: what exceeds the limits is dead-lettered. */
  readonly fallback?: FallbackSizing;
}

export interface FallbackSizing {
  /** Fargate's units. */
  readonly cpu: number;
  readonly memoryMebibytes: number;
  readonly maximumTasks: number;
  /** Messages. */
  readonly backlogPerTask: number;
  /** Percentage of tasks that do not run on Spot. */
  readonly onDemandPercent: number;
}

type RuleEntry = ReplicationFile['replication_configuration'][number];

/** The rule that a checked entry of the file describes. */
export function makeDeployedRule({ source, destinations }: RuleEntry): DeployedRule {
  const identity = {
    region: source.region,
    bucket: source.bucket,
    prefix: source.prefix_filter,
    suffix: source.suffix_filter,
  };
  return {
    id: ruleId(identity),
    source: {
      ...identity,
      ...(source.kms_key_arn === '' ? {} : { kmsKeyArn: source.kms_key_arn }),
      ...(source.level === undefined ? {} : { level: source.level }),
      levels: levelsToChooseFrom(source.levels),
      maxArchiveBytes: source.max_archive_mib * MIB,
      maxObjectBytes: source.max_object_mib * MIB,
      chain: source.chain,
      ...(source.lifecycle_deletes ? { lifecycleDeletes: true as const } : {}),
    },
    destinations: destinations.map((destination) => destinationOf(destination, source)),
    sizing: sizingOf(source),
    objectiveSeconds: source.objective_seconds,
    events: source.events,
    draining: source.draining,
    ...(source.verify === 'never' ? {} : { verify: source.verify }),
  };
}

function destinationOf(destination: DestinationEntry, { deletes }: SourceEntry): Destination {
  return {
    region: destination.region,
    bucket: destination.bucket,
    ...(destination.target_prefix === '' ? {} : { targetPrefix: destination.target_prefix }),
    ...(destination.storage_class === undefined ? {} : { storageClass: destination.storage_class }),
    ...(destination.kms_key_arn === '' ? {} : { kmsKeyArn: destination.kms_key_arn }),
    onConflict: destination.on_conflict,
    ...((destination.deletes ?? deletes) === 'replicate' ? { deletes: 'replicate' as const } : {}),
  };
}

function sizingOf(source: SourceEntry): RuleSizing {
  const { function_timeout: timeout, batch_window: window } = source;
  const sizing = {
    functionMemoryMegabytes: source.function_memory,
    functionTimeoutSeconds: timeout,
    batchSize: source.batch_size,
    batchWindowSeconds: window,
    maximumConcurrency: Math.max(MIN_CONCURRENCY, source.scaling_limit),
    visibilitySeconds: Math.max(source.visibility_timeout, VISIBILITY_TIMES_TIMEOUT * timeout + window),
  };
  if (!source.fallback) return sizing;
  const fallback = {
    cpu: source.cpu,
    memoryMebibytes: source.memory,
    maximumTasks: source.scaling_limit,
    backlogPerTask: source.scaling_target_backlog_per_task,
    onDemandPercent: source.fallback_on_demand_percent,
  };
  return { ...sizing, fallback };
}
