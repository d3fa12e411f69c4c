import { availableParallelism } from 'node:os';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { MAX_FRAME_SIZE } from '../archive/format.ts';
import { S3ObjectStore } from '../aws/s3-object-store.ts';
import { SqsMessageQueue } from '../aws/sqs-message-queue.ts';
import { BufferPool } from '../compression/buffer-pool.ts';
import { FramePool } from '../compression/frame-pool.ts';
import { compressBound } from '../compression/zstd-frames.ts';
import { type Environment, readSourceEnvironment, type SourceEnvironment } from '../configuration/environment.ts';
import { EnvironmentInvalidError } from '../configuration/errors.ts';
import { loadConfiguration } from '../configuration/load.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import { PART_BUFFER_SIZE } from '../source/archive-upload.ts';
import { configuredLevel } from '../source/choose-level.ts';
import type { PackingBuffers } from '../source/dependencies.ts';
import { PackingSpeed } from '../source/packing-speed.ts';
import { processSourceBatch } from '../source/process-batch.ts';
import { frameWorkerModule } from './frame-worker-module.ts';
import { queueMessages } from './sqs-event.ts';
import { poolThreads } from './threads.ts';

export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** GETs of small objects in flight: at 20 ms to the first byte this is 6,400 objects a second. */
const PARALLEL_READS = 128;
/** Archive parts on their way to S3, beside the one that is being filled. */
const PARTS_IN_FLIGHT = 2;

/**
 * Builds the source service of one rule from its environment and the configuration files. Everything that is made here
 * lives as long as the process: connections, the worker pool and its buffers serve all invocations.
 * @throws EnvironmentInvalidError, ConfigurationInvalidError
 */
export async function sourceHandler(environment: Environment): Promise<SqsHandler> {
  const settings = readSourceEnvironment(environment);
  const { rules } = await loadConfiguration(settings.CONFIGURATION_DIRECTORY);
  const rule = requireRule(rules, settings);
  const threads = poolThreads(availableParallelism(), settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const dependencies = {
    rule,
    outboundBucket: settings.OUTBOUND_BUCKET,
    store: new S3ObjectStore(),
    queue: new SqsMessageQueue({ queueUrl: settings.QUEUE_URL, deadLetterQueueUrl: settings.DEAD_LETTER_QUEUE_URL }),
    pool: new FramePool({ worker: frameWorkerModule(), threads }),
    buffers: packingBuffers(threads),
    chooseLevel: configuredLevel,
    speed: new PackingSpeed(threads),
    telemetry: new PowertoolsSourceTelemetry(rule),
    limits: { parallelReads: PARALLEL_READS },
    ownPrincipals: settings.OWN_PRINCIPALS,
    maxReceives: settings.MAX_RECEIVES,
    random: Math.random,
    now: Date.now,
  };
  return (event, context) =>
    processSourceBatch(queueMessages(event), () => context.getRemainingTimeInMillis(), dependencies);
}

/** Memory of packing: two frames a thread in compression or waiting for it, two being read. */
export function packingBuffers(threads: number): PackingBuffers {
  const frames = 2 * threads + 2;
  return {
    inputs: new BufferPool(MAX_FRAME_SIZE, frames),
    outputs: new BufferPool(compressBound(MAX_FRAME_SIZE), frames),
    parts: new BufferPool(PART_BUFFER_SIZE, PARTS_IN_FLIGHT + 1),
  };
}

function requireRule(rules: readonly ReplicationRule[], { RULE_ID, AWS_REGION }: SourceEnvironment): ReplicationRule {
  const rule = rules.find(({ id, source }) => id === RULE_ID && source.region === AWS_REGION);
  if (rule !== undefined) return rule;
  const known = rules.map(({ id }) => id).join(', ');
  throw new EnvironmentInvalidError(
    `RULE_ID "${RULE_ID}" is no rule of ${AWS_REGION} in the configuration (there are: ${known}). Deploy again after changing it.`,
    { context: { rule: RULE_ID, region: AWS_REGION } },
  );
}
