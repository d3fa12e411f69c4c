import { availableParallelism } from 'node:os';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { batchDollarsPerSecond as billedSecondOf, type TaskSize } from '../adaptive/compute-price.ts';
import { DynamoDbDeletions } from '../aws/dynamodb/deletions.ts';
import { S3ObjectStore } from '../aws/s3/object-store.ts';
import { SqsMessageQueue } from '../aws/sqs/message-queue.ts';
import { PowertoolsRestoringTelemetry } from '../aws/telemetry/restoring.ts';
import { BufferPool } from '../compression/buffer-pool.ts';
import { FramePool } from '../compression/frame-pool.ts';
import {
  bucketVariable,
  countVariable,
  type Environment,
  queueVariables,
  readEnvironment,
} from '../configuration/environment.ts';
import { InvalidEnvironmentError } from '../configuration/errors.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import { loadPriceFile } from '../configuration/prices/load.ts';
import { pricesFromFile } from '../configuration/prices/price-file.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import { RestoringSpeed } from '../limits/restoring-speed.ts';
import { RESERVED_MILLISECONDS } from '../messages/deadline.ts';
import type { DeletionMemory } from '../restoring/deletions/deletion-memory.ts';
import {
  COMPRESSED_BUFFER_SIZE,
  type FrameBuffers,
  type RestoringDependencies,
  type RestoringLimits,
  TAR_BUFFER_SIZE,
} from '../restoring/dependencies.ts';
import { ExistingKeyStatistics } from '../restoring/existing-key-statistics.ts';
import { restoreBatch } from '../restoring/process-batch.ts';
import { GIB } from '../units.ts';
import { openFallbackQueue } from './fallback-queue.ts';
import { frameWorkerModule } from './frame-worker-module.ts';
import type { SqsHandler } from './source.ts';
import { readQueueMessages } from './sqs-event.ts';
import { countPoolThreads } from './threads.ts';

/** Environment variables of the function. */
export const targetVariables = z.object({
  ...queueVariables,
  INBOUND_BUCKET: bucketVariable,
  /** Table of the deletions at the sources; absent if no rule replicates deletions to the region. */
  DELETIONS_TABLE: z.string().min(1).optional(),
  /** Max bytes of objects in one archive that an invocation handles, instead of the product's own limit. */
  MAX_RESTORED_BYTES: countVariable.optional(),
});

type TargetEnvironment = z.infer<typeof targetVariables>;

const LIMITS: RestoringLimits = {
  parallelArchives: 4,
  /** At 20 ms per response this is 6,400 objects a second. */
  parallelPuts: 128,
  maxRestoredBytes: 80 * GIB,
  resumableBytes: GIB,
  startReserveMilliseconds: RESERVED_MILLISECONDS.beginning,
  stopReserveMilliseconds: RESERVED_MILLISECONDS.settling,
};

/** Timeouts of one call; the archive waits for it, and is retried if it fails. */
const DELETIONS_TIMEOUT = { connectionTimeout: 2000, requestTimeout: 10_000, throwOnRequestTimeout: true } as const;

/** The target service of one process: connections, the worker pool and its buffers live as long as it does. */
export interface RestoringService {
  /** The use case for one batch at a time: with its own log lines and metrics; everything else is shared. */
  slot(): RestoringSlot;
  close(): Promise<void>;
}

export interface RestoringSlot {
  readonly dependencies: RestoringDependencies;
  readonly telemetry: PowertoolsRestoringTelemetry;
}

/** @throws InvalidEnvironmentError, InvalidConfigurationError */
export async function createTargetHandler(environment: Environment): Promise<SqsHandler> {
  const service = await openRestoringService(readEnvironment(targetVariables, environment), 1);
  const { dependencies, telemetry } = service.slot();
  return async (event, context) => {
    const started = performance.now();
    try {
      const remainingMilliseconds = (): number => context.getRemainingTimeInMillis();
      return await restoreBatch(readQueueMessages(event), remainingMilliseconds, dependencies);
    } finally {
      telemetry.flush((performance.now() - started) / 1000);
    }
  };
}

/**
 * Builds the target service of one region from its environment and the configuration files.
 * @param slots batches at the same time
 * @param task that it runs in; absent: in a function
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function openRestoringService(
  settings: TargetEnvironment,
  slots: number,
  task?: TaskSize,
): Promise<RestoringService> {
  const configuration = await loadDeployedConfiguration(settings.CONFIGURATION_DIRECTORY);
  const prices = pricesFromFile(await loadPriceFile(settings.CONFIGURATION_DIRECTORY), configuration.settings.prices, {
    fromRegion: settings.AWS_REGION,
    toRegions: [],
  });
  const dollarsPerSecond = billedSecondOf(prices, settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, task, slots);
  const threads = countPoolThreads(availableParallelism(), settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const client = new SQSClient({});
  const pool = new FramePool({ worker: frameWorkerModule(), threads });
  const shared = {
    store: new S3ObjectStore(settings.AWS_MAX_ATTEMPTS === undefined ? {} : { attempts: settings.AWS_MAX_ATTEMPTS }),
    pool,
    buffers: createFrameBuffers(threads),
    speed: new RestoringSpeed(threads),
    keys: new ExistingKeyStatistics(prices),
    deletions: deletionMemory(settings, configuration.rules),
    region: settings.AWS_REGION,
    inboundBucket: settings.INBOUND_BUCKET,
    rules: configuration.rules,
    maxReceives: settings.MAX_RECEIVES,
    now: Date.now,
    random: Math.random,
    limits: { ...LIMITS, maxRestoredBytes: settings.MAX_RESTORED_BYTES ?? LIMITS.maxRestoredBytes },
  };
  return {
    slot: () => {
      const telemetry = new PowertoolsRestoringTelemetry({
        namespace: configuration.settings.stack_name,
        rules: configuration.rules,
        region: settings.AWS_REGION,
        dollarsPerSecond,
      });
      const queue = new SqsMessageQueue({
        client,
        queueUrl: settings.QUEUE_URL,
        deadLetterQueueUrl: settings.DEAD_LETTER_QUEUE_URL,
        onFailure: (error) => {
          telemetry.queueFailed(error);
        },
      });
      return {
        telemetry,
        dependencies: { ...shared, queue, telemetry, ...openFallbackQueue(settings, client, telemetry) },
      };
    },
    close: () => pool.close(),
  };
}

/**
 * undefined if no rule replicates deletions to this region. @throws InvalidEnvironmentError if one does, but there is
 * no table
 */
function deletionMemory(
  { AWS_REGION, DELETIONS_TABLE }: TargetEnvironment,
  rules: readonly ReplicationRule[],
): DeletionMemory | undefined {
  const isNeeded = rules.some((rule) =>
    rule.destinations.some(({ region, deletes }) => region === AWS_REGION && deletes === 'replicate'),
  );
  if (!isNeeded) return undefined;
  if (DELETIONS_TABLE !== undefined) return openDeletionMemory(DELETIONS_TABLE);
  throw new InvalidEnvironmentError(
    `DELETIONS_TABLE is missing: a rule replicates deletions to ${AWS_REGION}. Deploy the region again.`,
    { context: { region: AWS_REGION } },
  );
}

/** The client is loaded at its first call, since most archives of most regions do not need it. */
function openDeletionMemory(table: string): DeletionMemory {
  return new DynamoDbDeletions({
    table,
    openClient: async () => {
      const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
      return new DynamoDBClient({ maxAttempts: 8, requestHandler: DELETIONS_TIMEOUT });
    },
  });
}

/** Memory of restoring: for each worker a frame in progress, one waiting, and one being written. */
export function createFrameBuffers(threads: number): FrameBuffers {
  return {
    compressed: new BufferPool(COMPRESSED_BUFFER_SIZE, 2 * threads + 2),
    tar: new BufferPool(TAR_BUFFER_SIZE, 2 * threads + 2),
  };
}
