import { DryRunOperationException, GenerateDataKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { KmsKeyDirectory } from '../../../aws/deployment/key-directory.ts';
import { resourceNamePrefix } from '../../../configuration/schema/resource-names.ts';
import { checkKey } from '../../../deployment/check-key.ts';
import type { RegionPlan } from '../../../templates/plan-regions.ts';
import type { Check, CheckContext, CheckGroup } from '../check.ts';
import { isDenial } from '../describe-unchecked.ts';
import { type Diagnosis, failure, notChecked, ok } from '../diagnosis.ts';
import { delegatesToIam } from '../key-policy.ts';

interface NamedKey {
  readonly arn: string;
  readonly region: string;
  /** What the key is for, for messages. */
  readonly purpose: string;
}

/** Checks that the KMS keys of the configuration, and those of the deployment, can be used. */
export const KEY_CHECKS: CheckGroup = {
  name: 'keys',
  title: 'KMS keys',
  checksOf: (context) => [
    ...namedKeys(context.plans).map((key) => checkOf(key, (signal) => lookAt(key, context, signal))),
    ...context.plans.map(({ region }) => {
      const key = ownKey(region, context);
      return checkOf(key, (signal) => context.deployments.whenDeployed(region, () => lookAt(key, context, signal)));
    }),
  ],
};

function checkOf(key: NamedKey, run: Check['run']): Check {
  return { subject: subjectOf(key), takes: 'kms:DescribeKey', run };
}

function subjectOf({ arn, region }: NamedKey): string {
  return `${arn.slice(arn.lastIndexOf(':') + 1)} (${region})`;
}

/** Each key once, even if several buckets share it. */
function namedKeys(plans: readonly RegionPlan[]): NamedKey[] {
  const keys = plans.flatMap(({ region, outgoing, incoming }) => [
    ...outgoing.map(({ source }) => ({ region, arn: source.kmsKeyArn, purpose: `source bucket ${source.bucket}` })),
    ...incoming.map(({ destination: { bucket, kmsKeyArn: arn } }) => ({
      region,
      arn,
      purpose: `destination bucket ${bucket}`,
    })),
  ]);
  const named = keys.flatMap(({ arn, ...rest }) => (arn === undefined ? [] : [{ arn, ...rest }]));
  return [...new Map(named.map((key) => [`${key.region} ${key.arn}`, key])).values()];
}

function ownKey(region: string, { configuration, identity }: CheckContext): NamedKey {
  const alias = `alias/${resourceNamePrefix(configuration.settings.stack_name)}`;
  const partition = identity.arn.split(':')[1] ?? 'aws';
  return { region, arn: `arn:${partition}:kms:${region}:${identity.account}:${alias}`, purpose: 'the archives' };
}

async function lookAt(key: NamedKey, context: CheckContext, signal: AbortSignal): Promise<Diagnosis[]> {
  const subject = subjectOf(key);
  const directory = new KmsKeyDirectory((region) => context.clients.kms(region));
  const problem = await checkKey(key.arn, key.region, key.purpose, directory, signal);
  if (problem !== undefined) {
    const fix = `aws kms describe-key --region ${key.region} --key-id ${key.arn}`;
    return [failure(subject, problem.message.replace(/, then deploy again\.$/, '.'), fix)];
  }
  const refusal = await findRefusingPolicy(key, context, signal);
  return [refusal ?? (await tryDry(key, context, signal))];
}

/** A dry run checks everything that decides whether a call is allowed, and does nothing. */
async function tryDry(key: NamedKey, { clients }: CheckContext, abortSignal: AbortSignal): Promise<Diagnosis> {
  const subject = subjectOf(key);
  const command = new GenerateDataKeyCommand({ KeyId: key.arn, KeySpec: 'AES_256', DryRun: true });
  try {
    await clients.kms(key.region).send(command, { abortSignal });
  } catch (thrown) {
    if (isDenial(thrown)) {
      const says = `It is enabled (${key.purpose}); this identity may not use it, so it is unknown if the functions may.`;
      return notChecked(subject, says, 'run this as an identity that has kms:GenerateDataKey on the key');
    }
    if (!(thrown instanceof DryRunOperationException)) throw thrown;
  }
  return ok(subject, `It can be used (${key.purpose}; a dry run of GenerateDataKey was allowed).`);
}

/** Roles of this account can be granted use of a key only if its policy leaves that to the account. */
async function findRefusingPolicy(
  key: NamedKey,
  { clients, identity }: CheckContext,
  abortSignal: AbortSignal,
): Promise<Diagnosis | undefined> {
  // An alias has no policy; that of the key was written by its stack.
  if (!key.arn.includes(':key/')) return undefined;
  let policy: string | undefined;
  try {
    const command = new GetKeyPolicyCommand({ KeyId: key.arn, PolicyName: 'default' });
    ({ Policy: policy } = await clients.kms(key.region).send(command, { abortSignal }));
  } catch (thrown) {
    // Policies of keys in other accounts cannot be read; the dry run says more.
    if (isDenial(thrown)) return undefined;
    throw thrown;
  }
  if (policy === undefined || delegatesToIam(policy, identity.account)) return undefined;
  return failure(
    subjectOf(key),
    `Its policy does not let account ${identity.account} decide who may use it, so the roles of the functions are denied (${key.purpose}).`,
    `aws kms put-key-policy --region ${key.region} --key-id ${key.arn} --policy-name default --policy file://policy.json, with a statement for arn:aws:iam::${identity.account}:root`,
  );
}
