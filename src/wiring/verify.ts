import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { CloudWatchMetricReader } from '../aws/cloudwatch/metric-reader.ts';
import { S3CheckpointObject } from '../aws/s3/checkpoint-object.ts';
import { S3InventoryDirectory } from '../aws/s3/inventory-directory.ts';
import { S3InventoryFiles } from '../aws/s3/inventory-files.ts';
import { S3ObjectPager } from '../aws/s3/object-pager.ts';
import { S3ObjectStore } from '../aws/s3/object-store.ts';
import { RegionalConnections } from '../aws/s3/regional-connections.ts';
import { PowertoolsVerificationTelemetry } from '../aws/telemetry/verification.ts';
import { checkpointKey } from '../backfill/checkpoint.ts';
import type { Clock } from '../backfill/dependencies.ts';
import {
  bucketVariable,
  type Environment,
  functionVariables,
  readEnvironment,
  urlVariable,
} from '../configuration/environment.ts';
import { loadDeployedConfiguration } from '../configuration/load-deployed.ts';
import { InvalidInventoryError } from '../inventory/errors.ts';
import { parseInventoryManifest } from '../inventory/manifest.ts';
import { SortedInventory } from '../inventory/sorted-inventory.ts';
import { Deadline, RESERVED_MILLISECONDS } from '../messages/deadline.ts';
import { ObjectNotFoundError } from '../storage/errors.ts';
import type { ComparedBucket } from '../verifying/dependencies.ts';
import { InvalidVerificationTaskError } from '../verifying/errors.ts';
import type { ManifestLocation } from '../verifying/find-inventory.ts';
import { parseScheduledTask } from '../verifying/scheduled-task.ts';
import { type ScheduledProgress, verifyOnSchedule } from '../verifying/verify-on-schedule.ts';
import { TemporaryRuns } from './temporary-runs.ts';

/** Environment variables of the function. */
export const verifyVariables = z.object({
  ...functionVariables,
  /** Bucket of the checkpoints. */
  PROGRESS_BUCKET: bucketVariable,
  /** The SDK's own variable: the address of a local server, which has no DNS name per bucket. */
  AWS_ENDPOINT_URL: urlVariable.optional(),
});

/** Sorted in memory, for all inventories together: 300 MB. */
const ENTRIES_IN_MEMORY = 1_000_000;

const CLOCK: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};

/** A bucket with the clients of its region, kept as long as the process lives. */
type RegionalBucket = Pick<ComparedBucket, 'pager'> & { readonly store: S3ObjectStore };

/**
 * Builds the scheduled verifications of one source region from its environment and the configuration files.
 * @throws InvalidEnvironmentError, InvalidConfigurationError
 */
export async function createVerifyHandler(
  environment: Environment,
): Promise<(input: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<ScheduledProgress>> {
  const { CONFIGURATION_DIRECTORY, AWS_REGION, PROGRESS_BUCKET, AWS_ENDPOINT_URL } = readEnvironment(
    verifyVariables,
    environment,
  );
  const { settings, rules } = await loadDeployedConfiguration(CONFIGURATION_DIRECTORY);
  const client = new S3Client({ forcePathStyle: AWS_ENDPOINT_URL !== undefined });
  const connections = new RegionalConnections();
  const buckets = new Map<string, RegionalBucket>();
  const openBucket = (region: string): RegionalBucket => {
    const known = buckets.get(region);
    if (known !== undefined) return known;
    const own = new S3Client({ region });
    const opened = { pager: new S3ObjectPager(own), store: new S3ObjectStore({ client: own }) };
    buckets.set(region, opened);
    return opened;
  };
  const metrics = new CloudWatchMetricReader((region) => new CloudWatchClient({ region }));
  const telemetry = new PowertoolsVerificationTelemetry(settings.stack_name);
  return async (input, context) => {
    try {
      const task = parseScheduledTask(input);
      const rule = rules.find(({ id, source }) => id === task.rule && source.region === AWS_REGION);
      if (rule === undefined) throw new InvalidVerificationTaskError(`There is no rule ${task.rule} in ${AWS_REGION}.`);
      await using cleanup = new AsyncDisposableStack();
      using time = new Deadline(context.getRemainingTimeInMillis() - RESERVED_MILLISECONDS.answering);
      const deadline = time.signal;
      return await verifyOnSchedule(task, {
        rule,
        namespace: settings.stack_name,
        openBucket,
        directoryOf: (region) => new S3InventoryDirectory(connections.of(region)),
        inventoryBuckets: (region) =>
          settings.enabled_regions.find((each) => each.region === region)?.inventory_buckets ?? [],
        openInventory: async (manifest, { region, bucket, sides }) => {
          const { store } = openBucket(region);
          const found = await readInventoryManifest(store, manifest, bucket, deadline);
          return new SortedInventory(
            found,
            new S3InventoryFiles(store, manifest.bucket, deadline),
            cleanup.use(new TemporaryRuns()),
            { entriesInMemory: Math.ceil(ENTRIES_IN_MEMORY / sides) },
          );
        },
        metrics,
        checkpoint: new S3CheckpointObject(client, PROGRESS_BUCKET, checkpointKey('scheduled-verify', rule.id)),
        clock: CLOCK,
        telemetry,
        deadline,
      });
    } catch (thrown) {
      telemetry.failed(input, thrown);
      throw thrown;
    }
  };
}

/** @throws ObjectNotFoundError, InvalidInventoryError, the errors of the storage port */
async function readInventoryManifest(
  store: S3ObjectStore,
  location: ManifestLocation,
  bucket: string,
  signal: AbortSignal,
): Promise<ReturnType<typeof parseInventoryManifest>> {
  const name = `s3://${location.bucket}/${location.key}`;
  const found = await store.head(location, signal);
  if (found === undefined) throw new ObjectNotFoundError(`There is no ${name}.`, { context: { ...location } });
  const into = new Uint8Array(found.size);
  await store.read({ ...location, etag: found.etag, into, signal });
  const manifest = parseInventoryManifest(Buffer.from(into).toString('utf8'), name);
  if (manifest.bucket === bucket) return manifest;
  throw new InvalidInventoryError(`${name} lists bucket ${manifest.bucket} instead of ${bucket}.`, {
    context: { ...location, bucket },
  });
}
