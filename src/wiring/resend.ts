import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { S3ObjectStore } from '../aws/s3/object-store.ts';
import { SqsMessageQueue } from '../aws/sqs/message-queue.ts';
import { PowertoolsResendTelemetry } from '../aws/telemetry/resend.ts';
import { bucketVariable, type Environment, queueVariables, readEnvironment } from '../configuration/environment.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import { processResendBatch } from '../resend/process-batch.ts';
import { resendKeys } from '../resend/resend-keys.ts';
import type { SqsHandler } from './source.ts';
import { readQueueMessages } from './sqs-event.ts';

/** Environment variables of the function. */
export const resendVariables = z.object({
  ...queueVariables,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Their names, with `*` for the region. */
  INBOUND_BUCKETS: z.string().includes('*'),
  /** How often an archive is resent before it is given up. */
  MAX_RESENDS: z.coerce.number().int().nonnegative().default(3),
  /** Seconds from a failure to the first resend; doubled each time. */
  RESEND_DELAY_SECONDS: z.coerce.number().int().nonnegative().default(300),
});

/**
 * Builds the resend service of one source region from its environment and the configuration files.
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function createResendHandler(environment: Environment): Promise<SqsHandler> {
  const settings = readEnvironment(resendVariables, environment);
  const configuration = await loadDeployedConfiguration(settings.CONFIGURATION_DIRECTORY);
  const telemetry = new PowertoolsResendTelemetry({
    namespace: configuration.settings.stack_name,
    outboundBucket: settings.OUTBOUND_BUCKET,
  });
  const queue = new SqsMessageQueue({
    client: new SQSClient({}),
    queueUrl: settings.QUEUE_URL,
    deadLetterQueueUrl: settings.DEAD_LETTER_QUEUE_URL,
    onFailure: (error) => {
      telemetry.queueFailed(error);
    },
  });
  const dependencies = {
    store: new S3ObjectStore(settings.AWS_MAX_ATTEMPTS === undefined ? {} : { attempts: settings.AWS_MAX_ATTEMPTS }),
    queue,
    telemetry,
    outboundBucket: settings.OUTBOUND_BUCKET,
    failedBucket: settings.FAILED_BUCKET,
    keysOf: (failure: ReplicationFailure) =>
      resendKeys(failure, configuration.rules, (region) => settings.INBOUND_BUCKETS.replace('*', region)),
    limits: { maxResends: settings.MAX_RESENDS, firstDelaySeconds: settings.RESEND_DELAY_SECONDS },
    maxReceives: settings.MAX_RECEIVES,
    now: Date.now,
    random: Math.random,
  };
  return async (event, context) => {
    try {
      return await processResendBatch(readQueueMessages(event), () => context.getRemainingTimeInMillis(), dependencies);
    } finally {
      telemetry.flush();
    }
  };
}
