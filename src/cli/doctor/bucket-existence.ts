import { KmsKeyDirectory } from '../../aws/deployment/key-directory.ts';
import { checkBucket } from '../../deployment/check-buckets.ts';
import type { DeploymentLog } from '../../deployment/ports.ts';
import type { CompressorError } from '../../errors.ts';
import { type Diagnosis, failure, ok, warning } from './diagnosis.ts';
import type { BucketLook, UsersBucket } from './users-bucket.ts';

/** Whether the bucket exists, is where the configuration says, and encrypts with a key that its rules name. */
export async function checkEncryption(
  { subject, bucket, plan, patient, directory }: BucketLook,
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
    warn: (text) =>
      findings.push(warning(subject, `${text}.`, 'name that key in replication_config.json, if objects use it')),
    logFailure: () => undefined,
  };
  const keys = new KmsKeyDirectory((where) => patient.clients.kms(where));
  for (const entry of entries) {
    const problem = await checkBucket(role, entry, all, { buckets: directory, keys, log, region }, signal);
    if (problem !== undefined) return [describeProblem(subject, bucket, problem)];
  }
  const key = await directory.findDefaultKey(Bucket, region, signal);
  const encryption = key === undefined ? 'encrypts with no key of its own' : `encrypts with ${key}`;
  return [ok(subject, `Exists, and ${encryption}.`), ...findings];
}

function describeProblem(subject: string, { name, region }: UsersBucket, problem: CompressorError): Diagnosis {
  if (problem.code === 'BUCKET_UNUSABLE' && problem.context['actual'] === undefined) {
    return failure(subject, problem.message, `aws s3 mb s3://${name} --region ${region}`);
  }
  return failure(subject, problem.message, 'edit replication_config.json, then s3xrc configure && s3xrc deploy');
}
