import { setTimeout as delay } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { S3InventoryFiles } from '../aws/s3/inventory-files.ts';
import { S3ObjectStore } from '../aws/s3/object-store.ts';
import { SqsBulkSender } from '../aws/sqs/bulk-sender.ts';
import { findQueueUrl } from '../aws/sqs/queue-url.ts';
import { PowertoolsBackfillTelemetry } from '../aws/telemetry/backfill.ts';
import type { Clock } from '../backfill/dependencies.ts';
import { InvalidFileTaskError } from '../backfill/errors.ts';
import { type FileTask, parseFileTask } from '../backfill/file-task.ts';
import { queueFile } from '../backfill/queue-file.ts';
import { type Environment, functionVariables, readEnvironment } from '../configuration/environment.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import { backfillQueueName, ruleResourceName } from '../configuration/schema/resource-names.ts';
import { Deadline, RESERVED_MILLISECONDS } from '../messages/deadline.ts';

/** Environment variables of the function. */
export const backfillVariables = z.object({
  ...functionVariables,
});

const CLOCK: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};

/**
 * Builds the backfill of one source region from its environment and the configuration files.
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function createBackfillHandler(
  environment: Environment,
): Promise<(input: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<FileTask>> {
  const { CONFIGURATION_DIRECTORY, AWS_REGION } = readEnvironment(backfillVariables, environment);
  const { settings, rules } = await loadDeployedConfiguration(CONFIGURATION_DIRECTORY);
  const client = new SQSClient({});
  const store = new S3ObjectStore();
  const telemetry = new PowertoolsBackfillTelemetry();
  const senders = new Map<string, Promise<SqsBulkSender>>();
  const openQueue = async (rule: string): Promise<SqsBulkSender> => {
    const name = backfillQueueName(ruleResourceName(settings.stack_name, rule));
    const queueUrl = await findQueueUrl(client, name);
    if (queueUrl === undefined) throw new InvalidFileTaskError(`There is no queue ${name} in ${AWS_REGION}.`);
    return new SqsBulkSender({ client, queueUrl });
  };
  return async (input, context) => {
    try {
      const task = parseFileTask(input);
      const rule = rules.find(({ id, source }) => id === task.job.rule && source.region === AWS_REGION);
      if (rule === undefined) throw new InvalidFileTaskError(`There is no rule ${task.job.rule} in ${AWS_REGION}.`);
      const sender = senders.get(rule.id) ?? openQueue(rule.id);
      senders.set(rule.id, sender);
      // A failure is not cached: the queue may exist the next time.
      sender.catch(() => senders.delete(rule.id));
      using time = new Deadline(context.getRemainingTimeInMillis() - RESERVED_MILLISECONDS.answering);
      const deadline = time.signal;
      const files = new S3InventoryFiles(store, task.job.inventory.bucket, deadline);
      const done = await queueFile(task, { rule, files, queue: await sender, clock: CLOCK, deadline });
      telemetry.fileQueued(done);
      return done;
    } catch (thrown) {
      telemetry.fileFailed(input, thrown);
      throw thrown;
    }
  };
}
