import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KMSClient } from '@aws-sdk/client-kms';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { S3BucketDirectory } from '../aws/deployment/bucket-directory.ts';
import { S3NotificationStore } from '../aws/deployment/bucket-notifications.ts';
import { S3ReplicationStore } from '../aws/deployment/bucket-replication.ts';
import { LambdaFunctionDirectory } from '../aws/deployment/function-directory.ts';
import { KmsKeyDirectory } from '../aws/deployment/key-directory.ts';
import { AwsPriceList, PRICE_LIST_REGION } from '../aws/deployment/price-list.ts';
import { sendResponse } from '../aws/deployment/send-response.ts';
import { S3Connection } from '../aws/s3/connection.ts';
import { BatchLogger } from '../aws/telemetry/batch-logger.ts';
import { type Environment, functionVariables, readEnvironment } from '../configuration/environment.ts';
import { PRICE_FILE, parsePriceFile } from '../configuration/prices/price-file.ts';
import type { LastingDependencies } from '../deployment/dependencies.ts';
import { handleStackRequest } from '../deployment/handle-stack-request.ts';
import type { DeploymentLog } from '../deployment/ports.ts';
import type { Waiting } from '../deployment/retry-patiently.ts';

/** Environment variables of the function. */
export const deploymentVariables = z.object(functionVariables);

export type DeploymentHandler = (
  event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis' | 'invokedFunctionArn' | 'logStreamName'>,
) => Promise<void>;

const WAITING: Waiting = {
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  random: Math.random,
  now: Date.now,
};

/**
 * Builds the function behind the custom resources. Unlike the other functions, it creates its dependencies at the first
 * request, since a failure to create them must also get a response.
 */
export function createDeploymentHandler(environment: Environment, waiting: Waiting = WAITING): DeploymentHandler {
  const log = new BatchLogger('deployment', {});
  let dependencies: LastingDependencies | undefined;
  return async (event, context) => {
    const partition = context.invokedFunctionArn.split(':')[1] ?? 'aws';
    await handleStackRequest(
      { event, remainingMilliseconds: context.getRemainingTimeInMillis(), logStream: context.logStreamName },
      async () => (dependencies ??= await makeDependencies(environment, partition, log)),
      { send: sendResponse, waiting, log },
    );
  };
}

/** @throws InvalidEnvironmentError, InvalidConfigurationError */
async function makeDependencies(
  environment: Environment,
  partition: string,
  log: DeploymentLog,
): Promise<LastingDependencies> {
  const { AWS_REGION, CONFIGURATION_DIRECTORY } = readEnvironment(deploymentVariables, environment);
  const client = new S3Client({ region: AWS_REGION });
  const connection = new S3Connection(client);
  return {
    region: AWS_REGION,
    notifications: new S3NotificationStore(connection),
    replication: new S3ReplicationStore(connection, partition),
    buckets: new S3BucketDirectory((region) => new S3Client({ region, followRegionRedirects: true })),
    keys: new KmsKeyDirectory((region) => new KMSClient({ region })),
    functions: new LambdaFunctionDirectory({ credentials: () => client.config.credentials() }),
    priceList: new AwsPriceList(new PricingClient({ region: PRICE_LIST_REGION })),
    file: parsePriceFile(await readFile(join(CONFIGURATION_DIRECTORY, PRICE_FILE), 'utf8')),
    now: Date.now,
    log,
  };
}
