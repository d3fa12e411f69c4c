import { HeadObjectCommand, ListObjectsV2Command, NoSuchBucket, type S3Client } from '@aws-sdk/client-s3';
import { S3CheckpointObject } from '../../../aws/s3/checkpoint-object.ts';
import { checkpointKey } from '../../../backfill/checkpoint.ts';
import type { DeployedRule } from '../../../configuration/deployed-rule.ts';
import { ownBucketName, ruleResourceName } from '../../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import { describeVerification, type VerificationStatus } from '../../status/describe-verification.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { type Diagnosis, failure, ok, warning } from '../diagnosis.ts';

/** A bucket that a rule's verification lists. */
interface ListedBucket {
  readonly bucket: string;
  readonly prefix: string;
  readonly region: string;
}

/**
 * Checks that this identity could run `s3xrc verify` and `s3xrc backfill`: list both sides, read objects, and save a
 * checkpoint. And that rules with `verify` are still verified on schedule.
 */
export const VERIFICATION_CHECKS: CheckGroup = {
  name: 'verification',
  title: 'What verify and backfill need',
  checksOf: (context) =>
    context.plans.flatMap((plan) => [
      ...listedBuckets(plan).map((listed) => accessCheck(listed, context)),
      ...plan.outgoing.map((rule) => checkpointCheck(rule, plan.region, context)),
      ...plan.outgoing.flatMap((rule) => scheduleCheck(rule, plan.region, context)),
    ]),
};

/** Each once. */
function listedBuckets({ outgoing }: RegionPlan): ListedBucket[] {
  const buckets = outgoing.flatMap(({ source, destinations }) => [
    source,
    ...destinations.map(({ bucket, region, targetPrefix = '' }) => ({ bucket, region, prefix: targetPrefix })),
  ]);
  const named = buckets.map((each) => [`s3://${each.bucket}/${each.prefix}`, each] as const);
  return [...new Map(named).values()];
}

function accessCheck({ bucket, prefix, region }: ListedBucket, { clients }: CheckContext): Check {
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
  { bucket: Bucket, prefix: Prefix }: Pick<ListedBucket, 'bucket' | 'prefix'>,
  abortSignal: AbortSignal,
): Promise<string> {
  const list = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 });
  const { Contents = [] } = await s3.send(list, { abortSignal });
  const [first] = Contents;
  if (first === undefined) return 'Can be listed; has no objects yet.';
  await s3.send(new HeadObjectCommand({ Bucket, Key: first.Key }), { abortSignal });
  return 'Can be listed, and its objects can be read.';
}

function checkpointCheck(rule: DeployedRule, region: string, context: CheckContext): Check {
  const { clients, configuration, deployments, identity } = context;
  const Bucket = ownBucketName(configuration.settings.stack_name, identity.account, region, 'progress');
  const subject = `checkpoint of ${rule.id} in ${Bucket} (${region})`;
  const look = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const head = new HeadObjectCommand({ Bucket, Key: checkpointKey('verify', rule.id) });
    const found = await whereBucketExists(async () => {
      await clients.s3(region).send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }), { abortSignal });
      return clients
        .s3(region)
        .send(head, { abortSignal })
        .then(() => 'The last run saved one.', acceptNotFound);
    });
    return [found === undefined ? await deployments.missing(region, subject) : ok(subject, found)];
  };
  const run: Check['run'] = (signal) =>
    deployments.whenPartDeployed(region, { name: Bucket, isSending: true }, () => look(signal));
  return { subject, takes: 's3:ListBucket and s3:GetObject; a run also needs s3:PutObject', run };
}

/** For a rule with scheduled verifications. A disabled schedule causes no failure, so no alarm goes off. */
function scheduleCheck(rule: DeployedRule, region: string, context: CheckContext): Check[] {
  const { verify } = rule;
  if (verify === undefined) return [];
  const { clients, configuration, deployments, identity, now } = context;
  const { stack_name: stackName } = configuration.settings;
  const bucket = ownBucketName(stackName, identity.account, region, 'progress');
  const clock = `${ruleResourceName(stackName, rule.id)}-verify`;
  const subject = `verifications of ${rule.id} (${region})`;
  const look = async (): Promise<Diagnosis[]> => {
    const store = new S3CheckpointObject(clients.s3(region), bucket, checkpointKey('scheduled-verify', rule.id));
    // The check of the checkpoint reports a missing bucket.
    const found = await whereBucketExists(async () => describeVerification(rule, verify, await store.load(), now()));
    return found === undefined ? [] : [judgeVerification(subject, found, { clock, region })];
  };
  const run: Check['run'] = () => deployments.whenPartDeployed(region, { name: clock, isSending: true }, look);
  return [{ subject, takes: 's3:ListBucket and s3:GetObject', run }];
}

/**
 * Whether a rule is verified on schedule.
 *
 * | the last verification                            | diagnosis |
 * |--------------------------------------------------|-----------|
 * | none in 15 days                                  | warning: a new rule waits for up to a week |
 * | the next one should have started                 | failure   |
 * | neither finished nor in progress                 | failure   |
 * | finished, or in progress                         | ok        |
 */
export function judgeVerification(
  subject: string,
  { every, startedAt, stopped, overdue }: VerificationStatus,
  { clock, region }: { readonly clock: string; readonly region: string },
): Diagnosis {
  const seeClock = `aws events describe-rule --region ${region} --name ${clock} (State must be ENABLED: aws events enable-rule), then follow docs/operations.md#verification-not-started`;
  if (startedAt === undefined) {
    return warning(subject, `None in the last 15 days, but the rule should be verified ${every}: is it new?`, seeClock);
  }
  const began = `The last one started ${startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  if (overdue === true) return failure(subject, `${began}, but the rule should be verified ${every}.`, seeClock);
  if (stopped === true) {
    return failure(
      subject,
      `${began}, and stopped before it finished.`,
      'follow docs/operations.md#verification-failed',
    );
  }
  return ok(subject, `${began}.`);
}

/** @throws every error except that of a missing object */
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
