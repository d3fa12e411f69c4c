import { availableParallelism } from 'node:os';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import type { CpuSpeed } from '../adaptive/adaptive-levels.ts';
import {
  batchDollarsPerSecond as functionSecond,
  type TaskSize,
  taskDollarsPerVcpuSecond,
} from '../adaptive/compute-price.ts';
import { ruleCosts } from '../adaptive/cost-model.ts';
import { S3ObjectStore } from '../aws/s3/object-store.ts';
import { SqsMessageQueue } from '../aws/sqs/message-queue.ts';
import { PowertoolsPackingTelemetry } from '../aws/telemetry/packing.ts';
import { FramePool } from '../compression/frame-pool.ts';
import {
  bucketVariable,
  countVariable,
  type Environment,
  queueVariables,
  readEnvironment,
  urlVariable,
} from '../configuration/environment.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { MessageQueue } from '../messages/message-queue.ts';
import type { PackingDependencies } from '../packing/dependencies.ts';
import { PackingSpeed } from '../packing/packing-speed.ts';
import { packBatch } from '../packing/process-batch.ts';
import { TagPermission } from '../packing/tag-permission.ts';
import { GIB } from '../units.ts';
import { createLevelPolicy, openStatisticsStore, processCpuSpeed } from './create-level-policy.ts';
import { openFallbackQueue } from './fallback-queue.ts';
import { frameWorkerModule } from './frame-worker-module.ts';
import { requireRule } from './function-rule.ts';
import { createPackingBuffers } from './packing-buffers.ts';
import { readSourcePrices } from './source-prices.ts';
import { isFromQueue, readQueueMessages } from './sqs-event.ts';
import { countPoolThreads } from './threads.ts';

/** Environment variables of the function. */
export const sourceVariables = z.object({
  ...queueVariables,
  RULE_ID: z.string().min(1),
  /**
   * Queue of the objects that a backfill requests, which feeds the same function; absent: the rule has no such queue.
   */
  BACKFILL_QUEUE_URL: urlVariable.optional(),
  OUTBOUND_BUCKET: bucketVariable,
  /** Bucket of the records that are needed to resume an interrupted archive. */
  PROGRESS_BUCKET: bucketVariable,
  /** Seconds after which the lease of such an archive expires if its owner does not renew it. */
  OWNERSHIP_SECONDS: countVariable.default(180),
  /** Table of the statistics of levels; absent: what is learned is lost when the process ends. */
  STATISTICS_TABLE: z.string().min(1).optional(),
  /** JSON, see prices.ts; absent if nothing is deployed. */
  PRICES: z.string().min(1).optional(),
  /** Role ids (`AROA...`) of our own target functions, separated by commas. */
  OWN_PRINCIPALS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((id) => id !== '')),
});

type SourceEnvironment = z.infer<typeof sourceVariables>;

export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** GETs of small objects in flight: at 20 ms to the first byte this is 6,400 objects a second. */
const PARALLEL_READS = 128;
/**
 * Owning and resuming an object costs about seven more requests, plus one for every fourth part and one per minute:
 * negligible for a gigabyte.
 */
const RESUMABLE_BYTES = GIB;

/** The source service of one process: connections, the worker pool and its buffers live as long as it does. */
export interface PackingService {
  readonly rule: ReplicationRule;
  /** Dimensions of its metrics. */
  readonly namespace: string;
  /** The use case for one batch at a time: with its own log lines and metrics; everything else is shared. */
  slot(): PackingSlot;
  close(): Promise<void>;
}

export interface PackingSlot {
  readonly dependencies: PackingDependencies;
  readonly telemetry: PowertoolsPackingTelemetry;
  /** Another queue of the rule, whose failures are reported to the same telemetry. */
  readonly openQueue: (queueUrl: string) => MessageQueue;
}

/** @throws InvalidEnvironmentError, InvalidConfigurationError */
export async function createSourceHandler(environment: Environment): Promise<SqsHandler> {
  const settings = readEnvironment(sourceVariables, environment);
  const service = await openPackingService(settings, 1);
  const { dependencies, telemetry, openQueue } = service.slot();
  const { BACKFILL_QUEUE_URL } = settings;
  // A message returns to the queue that it came from, so that new objects never wait behind old ones.
  const backfill = BACKFILL_QUEUE_URL && { ...dependencies, queue: openQueue(BACKFILL_QUEUE_URL) };
  return async (event, context) => {
    try {
      const messages = readQueueMessages(event);
      const isBackfill = BACKFILL_QUEUE_URL !== undefined && isFromQueue(event, BACKFILL_QUEUE_URL);
      return await packBatch(
        messages,
        () => context.getRemainingTimeInMillis(),
        isBackfill && backfill ? backfill : dependencies,
      );
    } finally {
      telemetry.flush();
    }
  };
}

/**
 * Builds the source service of one rule from its environment and the configuration files.
 * @param slots batches at the same time
 * @param task that it runs in; absent: in a function
 * @throws InvalidEnvironmentError, InvalidConfigurationError, MissingPriceError
 */
export async function openPackingService(
  settings: SourceEnvironment,
  slots: number,
  task?: TaskSize,
): Promise<PackingService> {
  const configuration = await loadDeployedConfiguration(settings.CONFIGURATION_DIRECTORY);
  const rule = requireRule(configuration.rules, settings);
  const prices = await readSourcePrices(settings, configuration, rule);
  const costs = ruleCosts(rule, prices, task === undefined ? undefined : taskDollarsPerVcpuSecond(prices, task));
  const dollarsPerSecond = functionSecond(prices, settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, task, slots);
  const threads = countPoolThreads(availableParallelism(), settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const client = new SQSClient({});
  const pool = new FramePool({ worker: frameWorkerModule(), threads });
  const shared = {
    rule,
    outboundBucket: settings.OUTBOUND_BUCKET,
    resuming: {
      bucket: settings.PROGRESS_BUCKET,
      ownershipSeconds: settings.OWNERSHIP_SECONDS,
      inProgress: new Set<string>(),
    },
    store: new S3ObjectStore(settings.AWS_MAX_ATTEMPTS === undefined ? {} : { attempts: settings.AWS_MAX_ATTEMPTS }),
    pool,
    buffers: createPackingBuffers(threads, slots),
    speed: new PackingSpeed(threads),
    limits: { parallelReads: PARALLEL_READS, resumableBytes: RESUMABLE_BYTES },
    ownPrincipals: settings.OWN_PRINCIPALS,
    tagPermission: new TagPermission(),
    maxReceives: settings.MAX_RECEIVES,
    random: Math.random,
    now: Date.now,
  };
  const statistics =
    settings.STATISTICS_TABLE === undefined ? undefined : openStatisticsStore(settings.STATISTICS_TABLE);
  let cpuSpeed: CpuSpeed | undefined;
  const namespace = configuration.settings.stack_name;
  return {
    rule,
    namespace,
    slot: () => {
      const telemetry = new PowertoolsPackingTelemetry({ namespace, rule, costs, dollarsPerSecond });
      const openQueue = (queueUrl: string): MessageQueue =>
        new SqsMessageQueue({
          client,
          queueUrl,
          deadLetterQueueUrl: settings.DEAD_LETTER_QUEUE_URL,
          onFailure: (error) => {
            telemetry.queueFailed(error);
          },
        });
      const queue = openQueue(settings.QUEUE_URL);
      const onFailure = telemetry.statisticsLost.bind(telemetry);
      cpuSpeed ??= processCpuSpeed(pool, onFailure);
      const levels = createLevelPolicy({ rule, costs, statistics, cpuSpeed, onFailure });
      return {
        telemetry,
        openQueue,
        dependencies: { ...shared, levels, queue, telemetry, ...openFallbackQueue(settings, client, telemetry) },
      };
    },
    close: () => pool.close(),
  };
}
