import { HeadObjectCommand, ListObjectsV2Command, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';
import { checkpointKey } from '../../../backfill/checkpoint.ts';
import type { DeployedRule } from '../../../configuration/deployed-rule.ts';
import { ownBucketName } from '../../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import type { Check, CheckGroup, Patient } from '../check.ts';
import { type Diagnosis, ok } from '../diagnosis.ts';

/** A bucket that a rule's verification lists. */
interface ListedPlace {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
}

/**
 * Checks that this identity could run `s3xrc verify` and `s3xrc backfill`: list both sides, read objects, and save a
 * checkpoint.
 */
export const VERIFICATION_CHECKS: CheckGroup = {
  name: 'verification',
  title: 'What verify and backfill need',
  checksOf: (patient) =>
    patient.plans.flatMap((plan) => [
      ...listedPlaces(plan).map((place) => placeCheck(place, patient)),
      ...plan.outgoing.map((rule) => checkpointCheck(rule, plan.region, patient)),
    ]),
};

/** Each once. */
function listedPlaces({ outgoing }: RegionPlan): ListedPlace[] {
  const places = outgoing.flatMap(({ source, destinations }) => [
    source,
    ...destinations.map(({ bucket, region, targetPrefix = '' }) => ({ bucket, region, prefix: targetPrefix })),
  ]);
  const named = places.map((place) => [`s3://${place.bucket}/${place.prefix}`, place] as const);
  return [...new Map(named).values()];
}

function placeCheck({ bucket, prefix, region }: ListedPlace, { clients }: Patient): Check {
  const subject = `s3://${bucket}/${prefix} (${region})`;
  const run = async (signal: AbortSignal): Promise<Diagnosis[]> => {
    const says = await whereBucketExists(() => tryToRead(clients.s3(region), { bucket, prefix }, signal));
    // The group of buckets reports missing ones.
    return says === undefined ? [] : [ok(subject, says)];
  };
  return { subject, takes: 's3:ListBucket, and s3:GetObject for --checksums and --bytes', run };
}

async function tryToRead(
  s3: S3Client,
  { bucket: Bucket, prefix: Prefix }: Pick<ListedPlace, 'bucket' | 'prefix'>,
  abortSignal: AbortSignal,
): Promise<string> {
  const list = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 });
  const { Contents = [] } = await s3.send(list, { abortSignal });
  const [first] = Contents;
  if (first === undefined) return 'Can be listed; has no objects yet.';
  await s3.send(new HeadObjectCommand({ Bucket, Key: first.Key }), { abortSignal });
  return 'Can be listed, and its objects can be read.';
}

function checkpointCheck(rule: DeployedRule, region: string, patient: Patient): Check {
  const { clients, configuration, deployments, identity } = patient;
  const Bucket = ownBucketName(configuration.settings.stack_name, identity.account, region, 'progress');
  const subject = `checkpoint of ${rule.id} in ${Bucket} (${region})`;
  const look = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const head = new HeadObjectCommand({ Bucket, Key: checkpointKey('verify', rule.id) });
    const found = await whereBucketExists(async () => {
      await clients.s3(region).send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }), { abortSignal });
      return clients
        .s3(region)
        .send(head, { abortSignal })
        .then(() => 'The last run has kept one.', acceptNotFound);
    });
    return [found === undefined ? await deployments.missing(region, subject) : ok(subject, found)];
  };
  const run: Check['run'] = (signal) =>
    deployments.whenPartDeployed(region, { name: Bucket, sends: true }, () => look(signal));
  return { subject, takes: 's3:ListBucket and s3:GetObject; a run also s3:PutObject', run };
}

/** @throws every error except that there is no such object */
function acceptNotFound(thrown: unknown): string {
  if (thrown instanceof Error && (thrown.name === 'NotFound' || thrown.name === 'NoSuchKey')) return 'None yet.';
  throw thrown;
}

/** @returns undefined when it does not exist */
async function whereBucketExists<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (thrown) {
    if (thrown instanceof NoSuchBucket) return undefined;
    throw thrown;
  }
}
