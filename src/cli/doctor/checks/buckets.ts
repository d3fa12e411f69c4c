import {
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { checkEncryption } from '../bucket-existence.ts';
import { checkPolicy } from '../bucket-policy.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { checkNotifications } from '../check-bucket-notifications.ts';
import { checkReplication } from '../check-bucket-replication.ts';
import { BucketCheckState, type ConfiguredBucket } from '../configured-bucket.ts';
import { type Diagnosis, notChecked, ok, warning } from '../diagnosis.ts';

/** S3's error code for a bucket without Object Lock. */
const NO_OBJECT_LOCK = 'ObjectLockConfigurationNotFoundError';

/** Checks whether objects can be read from users' buckets and written to them, and what else affects them. */
export const BUCKET_CHECKS: CheckGroup = {
  name: 'buckets',
  title: 'Buckets',
  checksOf: (context) =>
    context.plans.flatMap((plan) => usersBuckets(plan).flatMap((bucket) => checksOfBucket(bucket, plan, context))),
};

/** Checks only whether the policies of users' buckets deny us something. */
export const BUCKET_POLICY_CHECKS: CheckGroup = {
  name: 'policies',
  title: 'Bucket policies',
  checksOf: (context) =>
    context.plans.flatMap((plan) =>
      usersBuckets(plan).map((bucket) => {
        const state = new BucketCheckState(bucket, plan, context);
        return policyCheck(state);
      }),
    ),
};

function policyCheck(state: BucketCheckState): Check {
  // There is nothing more to check about a missing bucket.
  const run = async (signal: AbortSignal): Promise<readonly Diagnosis[]> =>
    (await state.isHere(signal)) ? checkPolicy(state, signal) : [];
  return { subject: state.subject, takes: 's3:GetBucketPolicy', run };
}

/** Each once per role. */
function usersBuckets({ region, outgoing, incoming }: RegionPlan): ConfiguredBucket[] {
  const source = outgoing.map(({ source: { bucket, kmsKeyArn = '' } }) => ({ bucket, kmsKeyArn }));
  const destination = incoming.map(({ destination: { bucket, kmsKeyArn = '' } }) => ({ bucket, kmsKeyArn }));
  const merge = (role: ConfiguredBucket['role'], entries: typeof source): ConfiguredBucket[] =>
    [...Map.groupBy(entries, ({ bucket }) => bucket)].map(([name, all]) => ({
      name,
      region,
      role,
      keys: [...new Set(all.map(({ kmsKeyArn }) => kmsKeyArn))],
    }));
  return [...merge('source', source), ...merge('destination', destination)];
}

function checksOfBucket(bucket: ConfiguredBucket, plan: RegionPlan, context: CheckContext): Check[] {
  const state = new BucketCheckState(bucket, plan, context);
  const check = (
    takes: string,
    judge: (signal: AbortSignal) => Promise<readonly Diagnosis[]>,
    isUnconditional = false,
  ): Check => ({
    subject: state.subject,
    takes,
    // There is nothing more to check about a bucket that does not exist.
    run: async (signal) => (isUnconditional || (await state.isHere(signal)) ? judge(signal) : []),
  });
  const common = [
    check('s3:ListBucket and s3:GetEncryptionConfiguration', (signal) => checkEncryption(state, signal), true),
    check('s3:GetBucketVersioning', (signal) => checkVersioning(state, signal)),
    policyCheck(state),
    check('s3:GetBucketObjectLockConfiguration', (signal) => checkObjectLock(state, signal)),
    check('s3:GetBucketRequestPayment', (signal) => checkRequestPayment(state, signal)),
  ];
  if (bucket.role === 'destination') return common;
  return [
    ...common,
    check('s3:GetBucketNotification', (signal) => checkNotifications(state, signal)),
    check('s3:GetReplicationConfiguration', (signal) => checkReplication(state, signal)),
  ];
}

/** Reads are pinned by ETag and restores never overwrite anything newer, so both are fine. */
async function checkVersioning(
  { subject, s3, bucket }: BucketCheckState,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket.name }), { abortSignal });
  return [ok(subject, Status === 'Enabled' ? 'Is versioned.' : 'Is not versioned, and does not need to be.')];
}

/** @returns nothing if it is off, as it almost always is */
async function checkObjectLock(
  { subject, s3, bucket }: BucketCheckState,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  try {
    const command = new GetObjectLockConfigurationCommand({ Bucket: bucket.name });
    const { ObjectLockConfiguration: lock } = await s3.send(command, { abortSignal });
    if (lock?.ObjectLockEnabled !== 'Enabled') return [];
    const retention = lock.Rule?.DefaultRetention;
    const days = retention?.Days ?? (retention?.Years ?? 0) * 365;
    if (bucket.role === 'source') {
      const says = 'Has Object Lock: retention and legal holds of its objects are not replicated.';
      return [warning(subject, says, 'set a default retention on the destination bucket, if it needs one')];
    }
    if (retention === undefined) return [ok(subject, 'Has Object Lock, without a default retention.')];
    const says = `Has Object Lock: restored objects cannot be deleted for ${days} days, and overwritten versions are kept for as long.`;
    return [
      warning(
        subject,
        says,
        `aws s3api put-object-lock-configuration --bucket ${bucket.name}, if you do not want that`,
      ),
    ];
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === NO_OBJECT_LOCK) return [];
    throw thrown;
  }
}

async function checkRequestPayment(
  { subject, s3, bucket }: BucketCheckState,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const { Payer } = await s3.send(new GetBucketRequestPaymentCommand({ Bucket: bucket.name }), { abortSignal });
  if (Payer === undefined) return [notChecked(subject, 'S3 did not return who pays for requests.')];
  if (Payer === 'BucketOwner') return [];
  const says =
    'Is Requester Pays: S3 denies requests from other accounts without the requester-pays header, which our functions do not send.';
  const fix = `aws s3api put-bucket-request-payment --bucket ${bucket.name} --request-payment-configuration Payer=BucketOwner`;
  return [warning(subject, says, fix)];
}
