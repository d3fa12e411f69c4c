import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { CloudWatchMetricReader } from '../aws/cloudwatch/metric-reader.ts';
import { S3NotificationStore } from '../aws/deployment/bucket-notifications.ts';
import { S3CheckpointObject } from '../aws/s3/checkpoint-object.ts';
import { S3KeyLister } from '../aws/s3/key-lister.ts';
import { RegionalConnections } from '../aws/s3/regional-connections.ts';
import { S3ReplicationStatusReader } from '../aws/s3/replication-status-reader.ts';
import { PowertoolsNotificationTelemetry } from '../aws/telemetry/notifications.ts';
import { PowertoolsOverdueTelemetry } from '../aws/telemetry/overdue.ts';
import { PowertoolsWatermarkTelemetry } from '../aws/telemetry/watermark.ts';
import { checkpointKey } from '../backfill/checkpoint.ts';
import {
  bucketVariable,
  type Environment,
  functionVariables,
  readEnvironment,
  urlVariable,
} from '../configuration/environment.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import { fallbackQueueName, ruleResourceName } from '../configuration/schema/resource-names.ts';
import { compareNotifications } from '../deployment/compare-notifications.ts';
import { Deadline, RESERVED_MILLISECONDS } from '../messages/deadline.ts';
import { KEPT_PREFIX } from '../resend/kept-key.ts';
import { findOverdue } from '../verifying/find-overdue.ts';
import { reportWatermarks } from '../watermark/report-watermarks.ts';
import { WatchedArchives } from '../watermark/watched-archives.ts';

/** Environment variables of the function. */
export const watermarkVariables = z.object({
  ...functionVariables,
  OUTBOUND_BUCKET: bucketVariable,
  FAILED_BUCKET: bucketVariable,
  /** Bucket of the checkpoints of scheduled verifications. */
  PROGRESS_BUCKET: bucketVariable,
  /** The SDK's own variable: the address of a local server, which has no DNS name per bucket. */
  AWS_ENDPOINT_URL: urlVariable.optional(),
  /** Their names, with `*` for the region. */
  INBOUND_BUCKETS: z.string().includes('*'),
  /** Name of the queue of failed replications. */
  FAILURES_QUEUE: z.string().min(1),
});

/**
 * Builds the watermark of one source region from its environment and the configuration files.
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function createWatermarkHandler(
  environment: Environment,
): Promise<(event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<void>> {
  const settings = readEnvironment(watermarkVariables, environment);
  const {
    settings: { stack_name: stackName },
    rules,
  } = await loadDeployedConfiguration(settings.CONFIGURATION_DIRECTORY);
  const ruleQueue = (rule: string): string => ruleResourceName(stackName, rule);
  const connections = new RegionalConnections();
  const dependencies = {
    region: settings.AWS_REGION,
    names: {
      namespace: stackName,
      outboundBucket: settings.OUTBOUND_BUCKET,
      failedBucket: settings.FAILED_BUCKET,
      failedPrefix: KEPT_PREFIX,
      failuresQueue: settings.FAILURES_QUEUE,
      inboundBucket: (region: string) => settings.INBOUND_BUCKETS.replace('*', region),
      ruleQueue,
      fallbackQueue: (rule: string) => fallbackQueueName(ruleQueue(rule)),
    },
    metrics: new CloudWatchMetricReader((region) => new CloudWatchClient({ region })),
    keys: new S3KeyLister(connections.of),
    statuses: new S3ReplicationStatusReader(connections.of),
    watched: new WatchedArchives(),
    telemetry: new PowertoolsWatermarkTelemetry(stackName),
    now: Date.now,
  };
  const own = rules.filter(({ source }) => source.region === settings.AWS_REGION);
  const { names } = dependencies;
  const notifications = new S3NotificationStore(connections.of(settings.AWS_REGION));
  const telemetry = new PowertoolsNotificationTelemetry({ namespace: stackName, outboundBucket: names.outboundBucket });
  const overdue = new PowertoolsOverdueTelemetry({ namespace: stackName, outboundBucket: names.outboundBucket });
  const client = new S3Client({ forcePathStyle: settings.AWS_ENDPOINT_URL !== undefined });
  const checkpointOf = (rule: string): S3CheckpointObject =>
    new S3CheckpointObject(client, settings.PROGRESS_BUCKET, checkpointKey('scheduled-verify', rule));
  return async (_event, context) => {
    const remainingMilliseconds = (): number => context.getRemainingTimeInMillis();
    using deadline = new Deadline(remainingMilliseconds() - RESERVED_MILLISECONDS.reporting);
    const check = { rules: own, ruleQueue, notifications, telemetry, signal: deadline.signal };
    // If one of them fails, the other is still done.
    const jobs = await Promise.allSettled([
      reportWatermarks(own, remainingMilliseconds, dependencies),
      compareNotifications(check),
      findOverdue({ rules: own, checkpointOf, telemetry: overdue, now: Date.now() }),
    ]);
    for (const job of jobs) if (job.status === 'rejected') throw job.reason;
  };
}
