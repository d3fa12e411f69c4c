import { GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import { findPolicyDenials, type PolicyDenial } from '../../deployment/policy-denials.ts';
import { type Diagnosis, failure, ok, warning } from './diagnosis.ts';
import type { BucketLook } from './users-bucket.ts';

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

/** Whether the bucket's policy takes away what the functions are given. */
export async function checkPolicy(look: BucketLook, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { subject, bucket, s3, patient, plan } = look;
  let policy: string | undefined;
  try {
    ({ Policy: policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket.name }), { abortSignal }));
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'NoSuchBucketPolicy') return [];
    throw thrown;
  }
  if (policy === undefined) return [];
  const prefixes =
    bucket.role === 'source'
      ? plan.outgoing.filter(({ source }) => source.bucket === bucket.name).map(({ source }) => source.prefix)
      : plan.incoming
          .filter(({ destination }) => destination.bucket === bucket.name)
          .map(({ destination }) => destination.targetPrefix ?? '');
  const { account } = patient.identity;
  const denials = prefixes.flatMap((prefix) =>
    findPolicyDenials(policy, { account, bucket: bucket.name, prefix, actions: USES[bucket.role] }),
  );
  const each = new Map(denials.map((denial) => [denial.statement, denial])).values();
  const diagnoses = [...each].map((denial) => describe(subject, bucket.name, denial));
  return diagnoses.length === 0 ? [ok(subject, 'Its policy refuses us nothing.')] : diagnoses;
}

function describe(subject: string, bucket: string, { statement, actions, dependsOn }: PolicyDenial): Diagnosis {
  const mend = `aws s3api get-bucket-policy --bucket ${bucket}, and except the roles of the functions from the statement (aws:PrincipalArn)`;
  const what = `Statement "${statement}" of its policy`;
  if (dependsOn.length === 0) return failure(subject, `${what} refuses ${actions.join(', ')}.`, mend);
  return warning(subject, `${what} may refuse ${actions.join(', ')}, depending on ${dependsOn.join(', ')}.`, mend);
}
