import { GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { RequestFact, RequestFacts } from '../../deployment/policy-conditions.ts';
import { type BucketUse, findPolicyDenials, type PolicyDenial } from '../../deployment/policy-denials.ts';
import type { BucketCheckState } from './configured-bucket.ts';
import { type Diagnosis, failure, ok, warning } from './diagnosis.ts';

/** What the stacks let the functions do with the users' buckets (rule.yaml, and the policies of the root template). */
const USES = {
  source: [
    's3:GetObject',
    's3:GetObjectTagging',
    's3:ListBucket',
    's3:GetBucketNotification',
    's3:PutBucketNotification',
  ],
  destination: ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObject', 's3:AbortMultipartUpload'],
} as const;
/** Min characters of a stack's name that CloudFormation keeps in names that it generates. */
const KEPT_CHARACTERS = 20;

/** Checks whether the bucket's policy denies what the functions' roles allow. */
export async function checkPolicy(state: BucketCheckState, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { subject, bucket, s3 } = state;
  let policy: string | undefined;
  try {
    ({ Policy: policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket.name }), { abortSignal }));
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'NoSuchBucketPolicy') return [];
    throw thrown;
  }
  if (policy === undefined) return [];
  const denials = usesOf(state).flatMap((use) => findPolicyDenials(policy, use));
  const each = new Map(denials.map((denial) => [denial.statement, denial])).values();
  const diagnoses = [...each].map((denial) => describeDenial(subject, bucket.name, ourRoles(state), denial));
  return diagnoses.length === 0 ? [ok(subject, 'Its policy denies us nothing.')] : diagnoses;
}

/** One per rule. */
function usesOf({ bucket, context, plan }: BucketCheckState): BucketUse[] {
  const { account } = context.identity;
  const role = ourRoles({ context });
  const use = (prefix: string, kmsKeyArn?: string): BucketUse => ({
    account,
    bucket: bucket.name,
    prefix,
    actions: USES[bucket.role],
    facts: requestFacts(account, role, kmsKeyArn),
  });
  if (bucket.role === 'source') {
    return plan.outgoing.filter(({ source }) => source.bucket === bucket.name).map(({ source }) => use(source.prefix));
  }
  return plan.incoming
    .filter(({ destination }) => destination.bucket === bucket.name)
    .map(({ destination }) => use(destination.targetPrefix ?? '', destination.kmsKeyArn));
}

/**
 * Prefixes of the ARNs of our roles: CloudFormation generates their names from the stack's name, which it shortens, and
 * a random suffix.
 */
function ourRoles({ context }: Pick<BucketCheckState, 'context'>): string {
  const { identity, configuration } = context;
  const [, partition = 'aws'] = identity.arn.split(':');
  const stack = configuration.settings.stack_name;
  const kept = stack.length < KEPT_CHARACTERS ? `${stack}-` : stack.slice(0, KEPT_CHARACTERS);
  return `arn:${partition}:iam::${identity.account}:role/${kept}`;
}

/** The properties of a request that policy conditions can test (src/aws/s3/write-headers.ts and sign-request.ts). */
export function requestFacts(account: string, roles: string, kmsKeyArn?: string): RequestFacts {
  const header = 's3:x-amz-server-side-encryption';
  return new Map<string, RequestFact | undefined>([
    ['aws:principalaccount', { value: account }],
    ['aws:principalarn', { value: roles, isBeginning: true }],
    ['s3:x-amz-content-sha256', { value: 'UNSIGNED-PAYLOAD' }],
    [header, kmsKeyArn === undefined ? undefined : { value: 'aws:kms' }],
    [`${header}-aws-kms-key-id`, kmsKeyArn === undefined ? undefined : { value: kmsKeyArn }],
  ]);
}

/** @param roles prefixes of the ARNs of our roles */
export function describeDenial(
  subject: string,
  bucket: string,
  roles: string,
  { statement, actions, dependsOn, because }: PolicyDenial,
): Diagnosis {
  const except = `exempt our roles from the statement ("ArnNotLike": {"aws:PrincipalArn": "${roles}*"}; aws s3api get-bucket-policy --bucket ${bucket})`;
  const keys = because.map((key) => key.toLowerCase());
  const isHeaderRequired = keys.some((key) => key.startsWith('s3:x-amz-server-side-encryption'));
  const reasons = [
    ...(isHeaderRequired ? ['it requires a different x-amz-server-side-encryption header than our requests have'] : []),
    ...(keys.includes('s3:x-amz-content-sha256')
      ? ['it denies unsigned payloads; ours are protected by TLS and by a CRC-32 that S3 compares']
      : []),
  ];
  const fix = isHeaderRequired
    ? `set destinations[].kms_key_arn in replication_config.json to the key that it requires, so that each PUT has the header; or ${except}`
    : except;
  const says = `Statement "${statement}" of its policy ${dependsOn.length === 0 ? 'denies' : 'may deny'} ${actions.join(', ')}`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join(', and ')}`;
  if (dependsOn.length === 0) return failure(subject, `${says}${why}.`, fix);
  return warning(subject, `${says}, depending on ${dependsOn.join(', ')}${why}.`, fix);
}
