import {
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { checkEncryption } from '../bucket-existence.ts';
import { checkNotifications } from '../bucket-notifications.ts';
import { checkPolicy } from '../bucket-policy.ts';
import { checkReplication } from '../bucket-replication.ts';
import type { Check, CheckGroup, Patient } from '../check.ts';
import { type Diagnosis, ok, unseen, warning } from '../diagnosis.ts';
import { BucketLook, type UsersBucket } from '../users-bucket.ts';

/** S3's error code for a bucket without Object Lock. */
const NO_OBJECT_LOCK = 'ObjectLockConfigurationNotFoundError';

/** Checks whether objects can be read from users' buckets and written to them, and what else affects them. */
export const BUCKET_CHECKS: CheckGroup = {
  name: 'buckets',
  title: 'Buckets',
  checksOf: (patient) =>
    patient.plans.flatMap((plan) => usersBuckets(plan).flatMap((bucket) => checksOfBucket(bucket, plan, patient))),
};

/** Checks only whether the policies of users' buckets deny us something. */
export const BUCKET_POLICY_CHECKS: CheckGroup = {
  name: 'policies',
  title: 'Bucket policies',
  checksOf: (patient) =>
    patient.plans.flatMap((plan) =>
      usersBuckets(plan).map((bucket) => {
        const look = new BucketLook(bucket, plan, patient);
        return policyCheck(look);
      }),
    ),
};

function policyCheck(look: BucketLook): Check {
  // There is nothing more to check about a missing bucket.
  const run = async (signal: AbortSignal): Promise<readonly Diagnosis[]> =>
    (await look.isHere(signal)) ? checkPolicy(look, signal) : [];
  return { subject: look.subject, takes: 's3:GetBucketPolicy', run };
}

/** Each once per role. */
function usersBuckets({ region, outgoing, incoming }: RegionPlan): UsersBucket[] {
  const source = outgoing.map(({ source: { bucket, kmsKeyArn = '' } }) => ({ bucket, kmsKeyArn }));
  const destination = incoming.map(({ destination: { bucket, kmsKeyArn = '' } }) => ({ bucket, kmsKeyArn }));
  const merge = (role: UsersBucket['role'], entries: typeof source): UsersBucket[] =>
    [...Map.groupBy(entries, ({ bucket }) => bucket)].map(([name, all]) => ({
      name,
      region,
      role,
      keys: [...new Set(all.map(({ kmsKeyArn }) => kmsKeyArn))],
    }));
  return [...merge('source', source), ...merge('destination', destination)];
}

function checksOfBucket(bucket: UsersBucket, plan: RegionPlan, patient: Patient): Check[] {
  const look = new BucketLook(bucket, plan, patient);
  const check = (
    takes: string,
    judge: (signal: AbortSignal) => Promise<readonly Diagnosis[]>,
    always = false,
  ): Check => ({
    subject: look.subject,
    takes,
    // There is nothing more to check about a bucket that does not exist.
    run: async (signal) => (always || (await look.isHere(signal)) ? judge(signal) : []),
  });
  const common = [
    check('s3:ListBucket and s3:GetEncryptionConfiguration', (signal) => checkEncryption(look, signal), true),
    check('s3:GetBucketVersioning', (signal) => checkVersioning(look, signal)),
    policyCheck(look),
    check('s3:GetBucketObjectLockConfiguration', (signal) => checkObjectLock(look, signal)),
    check('s3:GetBucketRequestPayment', (signal) => checkRequestPayment(look, signal)),
  ];
  if (bucket.role === 'destination') return common;
  return [
    ...common,
    check('s3:GetBucketNotification', (signal) => checkNotifications(look, signal)),
    check('s3:GetReplicationConfiguration', (signal) => checkReplication(look, signal)),
  ];
}

/** Reads are pinned by ETag and restores never overwrite anything newer, so both are fine. */
async function checkVersioning({ subject, s3, bucket }: BucketLook, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket.name }), { abortSignal });
  return [ok(subject, Status === 'Enabled' ? 'Is versioned.' : 'Is not versioned, and does not need to be.')];
}

/** @returns nothing if it is off, as it almost always is */
async function checkObjectLock({ subject, s3, bucket }: BucketLook, abortSignal: AbortSignal): Promise<Diagnosis[]> {
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
    const says = `Has Object Lock: restored objects cannot be deleted for ${days} days, and overwritten versions are kept as long.`;
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
  { subject, s3, bucket }: BucketLook,
  abortSignal: AbortSignal,
): Promise<Diagnosis[]> {
  const { Payer } = await s3.send(new GetBucketRequestPaymentCommand({ Bucket: bucket.name }), { abortSignal });
  if (Payer === undefined) return [unseen(subject, 'S3 did not return who pays for requests.')];
  if (Payer === 'BucketOwner') return [];
  const says =
    'Is Requester Pays: S3 denies requests from other accounts without the requester-pays header, which our functions do not send.';
  const fix = `aws s3api put-bucket-request-payment --bucket ${bucket.name} --request-payment-configuration Payer=BucketOwner`;
  return [warning(subject, says, fix)];
}
