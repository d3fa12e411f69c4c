import { GetBucketEncryptionCommand, type S3Client } from '@aws-sdk/client-s3';
import { KmsKeyDirectory } from '../../aws/deployment/key-directory.ts';
import { checkBucket } from '../../deployment/check-buckets.ts';
import type { DeploymentLog } from '../../deployment/ports.ts';
import type { CompressorError } from '../../errors.ts';
import type { BucketCheckState, ConfiguredBucket } from './configured-bucket.ts';
import { describeUnchecked } from './describe-unchecked.ts';
import { type Diagnosis, failure, notChecked, ok, warning } from './diagnosis.ts';

/** S3's error code for a bucket without default encryption. */
const NO_ENCRYPTION = 'ServerSideEncryptionConfigurationNotFoundError';

/** Checks that the bucket exists, is in the configured region, and encrypts with a key that its rules name. */
export async function checkEncryption(
  { subject, bucket, plan, context, directory, s3 }: BucketCheckState,
  signal: AbortSignal,
): Promise<Diagnosis[]> {
  const { region, role, name: Bucket } = bucket;
  const entries = bucket.keys.map((KmsKeyArn) => ({ Bucket, KmsKeyArn }));
  const all =
    role === 'source'
      ? entries
      : plan.incoming.map(({ destination }) => ({
          Bucket: destination.bucket,
          KmsKeyArn: destination.kmsKeyArn ?? '',
        }));
  const findings: Diagnosis[] = [];
  const log: DeploymentLog = {
    info: () => undefined,
    warn: (text) =>
      findings.push(warning(subject, `${text}.`, 'set that key in replication_config.json, if objects use it')),
    logFailure: () => undefined,
  };
  const keys = new KmsKeyDirectory((where) => context.clients.kms(where));
  for (const entry of entries) {
    const problem = await checkBucket(role, entry, all, { buckets: directory, keys, log, region }, signal);
    if (problem !== undefined) return [describeProblem(subject, bucket, problem)];
  }
  return [ok(subject, 'Exists, in its region.'), await describeEncryption(subject, Bucket, s3, signal), ...findings];
}

/** The check of the default key above treats a refusal as no key; this check reports it. */
async function describeEncryption(
  subject: string,
  Bucket: string,
  s3: S3Client,
  abortSignal: AbortSignal,
): Promise<Diagnosis> {
  try {
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }), {
      abortSignal,
    });
    const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
    const { SSEAlgorithm = 'AES256', KMSMasterKeyID: key } = rule?.ApplyServerSideEncryptionByDefault ?? {};
    return ok(subject, `Encrypts with ${SSEAlgorithm}${key === undefined ? '' : `, ${key}`} by default.`);
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === NO_ENCRYPTION) return ok(subject, "Encrypts with S3's own keys.");
    return notChecked(subject, describeUnchecked(thrown, 's3:GetEncryptionConfiguration'));
  }
}

function describeProblem(subject: string, { name, region }: ConfiguredBucket, problem: CompressorError): Diagnosis {
  if (problem.code === 'BUCKET_UNUSABLE' && problem.context['actual'] === undefined) {
    return failure(subject, problem.message, `aws s3 mb s3://${name} --region ${region}`);
  }
  return failure(subject, problem.message, 'edit replication_config.json, then s3xrc configure && s3xrc deploy');
}
