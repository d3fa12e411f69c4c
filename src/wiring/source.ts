import { availableParallelism } from 'node:os';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { S3ObjectStore } from '../aws/s3-object-store.ts';
import { SqsMessageQueue } from '../aws/sqs-message-queue.ts';
import { PowertoolsSourceTelemetry } from '../aws/telemetry.ts';
import { FramePool } from '../compression/frame-pool.ts';
import { type Environment, readSourceEnvironment, type SourceEnvironment } from '../configuration/environment.ts';
import { EnvironmentInvalidError } from '../configuration/errors.ts';
import { loadConfiguration } from '../configuration/load.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import { configuredLevel } from '../source/choose-level.ts';
import { PackingSpeed } from '../source/packing-speed.ts';
import { processSourceBatch } from '../source/process-batch.ts';
import { frameWorkerModule } from './frame-worker-module.ts';
import { packingBuffers } from './packing-buffers.ts';
import { queueMessages } from './sqs-event.ts';
import { poolThreads } from './threads.ts';

export type SqsHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** GETs of small objects in flight: at 20 ms to the first byte this is 6,400 objects a second. */
const PARALLEL_READS = 128;

/**
 * Builds the source service of one rule from its environment and the configuration files. Everything that is made here
 * lives as long as the process: connections, the worker pool and its buffers serve all invocations.
 * @throws EnvironmentInvalidError, ConfigurationInvalidError
 */
export async function sourceHandler(environment: Environment): Promise<SqsHandler> {
  const settings = readSourceEnvironment(environment);
  const configuration = await loadConfiguration(settings.CONFIGURATION_DIRECTORY);
  const rule = requireRule(configuration.rules, settings);
  const threads = poolThreads(availableParallelism(), settings.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  const telemetry = new PowertoolsSourceTelemetry({ namespace: configuration.settings.stack_name, rule });
  const queue = new SqsMessageQueue({
    client: new SQSClient({}),
    queueUrl: settings.QUEUE_URL,
    deadLetterQueueUrl: settings.DEAD_LETTER_QUEUE_URL,
    onFailure: (error) => {
      telemetry.queueFailed(error);
    },
  });
  const dependencies = {
    rule,
    outboundBucket: settings.OUTBOUND_BUCKET,
    store: new S3ObjectStore(settings.AWS_MAX_ATTEMPTS === undefined ? {} : { attempts: settings.AWS_MAX_ATTEMPTS }),
    queue,
    pool: new FramePool({ worker: frameWorkerModule(), threads }),
    buffers: packingBuffers(threads),
    chooseLevel: configuredLevel,
    speed: new PackingSpeed(threads),
    telemetry,
    limits: { parallelReads: PARALLEL_READS },
    ownPrincipals: settings.OWN_PRINCIPALS,
    maxReceives: settings.MAX_RECEIVES,
    random: Math.random,
    now: Date.now,
  };
  return async (event, context) => {
    try {
      return await processSourceBatch(queueMessages(event), () => context.getRemainingTimeInMillis(), dependencies);
    } finally {
      telemetry.flush();
    }
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
