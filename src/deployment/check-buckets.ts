import type { CompressorError } from '../errors.ts';
import { findUnnamedKey } from './check-default-key.ts';
import { checkKey } from './check-key.ts';
import { UnusableBucketError, UnusableKeyError } from './errors.ts';
import type { BucketDirectory, DeploymentLog, KeyDirectory } from './ports.ts';
import type { BucketChecksProperties, CheckedBucket } from './resource-properties.ts';
import { type RetryWindow, retryPatiently } from './retry-patiently.ts';
import { throwProblems } from './throw-problems.ts';

export interface CheckDependencies {
  readonly buckets: BucketDirectory;
  readonly keys: KeyDirectory;
  readonly patience: RetryWindow;
  readonly log: DeploymentLog;
  /** Region of the stack. */
  readonly region: string;
}

/** The roles of a user's bucket in this stack; `source` is `source.bucket` of the configuration, and so on. */
export type BucketRole = 'source' | 'destination';

/**
 * Checks that the buckets are in this region and their KMS keys can be used, so that a mistake fails early. The buckets
 * need no versioning: reads are pinned by ETag, and restores never overwrite anything newer.
 * @throws UnusableBucketError or UnusableKeyError that lists every problem, and the errors of the directories
 */
export async function checkBuckets(
  role: BucketRole,
  { Buckets }: BucketChecksProperties,
  dependencies: CheckDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { keys, patience: retryWindow, region } = dependencies;
  const look = async (): Promise<void> => {
    const problems: (CompressorError | undefined)[] = [];
    for (const entry of Buckets) {
      const { Bucket, KmsKeyArn } = entry;
      problems.push(await checkBucket(role, entry, Buckets, dependencies, signal));
      if (KmsKeyArn !== '') problems.push(await checkKey(KmsKeyArn, region, `${role} bucket ${Bucket}`, keys, signal));
    }
    throwProblems(problems);
  };
  await retryPatiently(look, retryWindow, signal);
}

/**
 * The problem with one bucket, or undefined: it does not exist, is in another region, or encrypts with a key that no
 * rule names.
 * @param all buckets of the region in this role
 * @throws the errors of the directories
 */
export async function checkBucket(
  role: BucketRole,
  entry: CheckedBucket,
  all: readonly CheckedBucket[],
  dependencies: Omit<CheckDependencies, 'patience'>,
  signal: AbortSignal,
): Promise<CompressorError | undefined> {
  const { buckets, region } = dependencies;
  const actual = await buckets.findRegion(entry.Bucket, region, signal);
  const problem = findBucketProblem(role, entry.Bucket, actual, region);
  return problem ?? checkDefaultKey(role, entry, all, dependencies, signal);
}

/**
 * Whether our role may use the bucket's default key. The target's function may use the keys of all rules in the region.
 * That of a source may use only the rule's own key; if there is one, users may still write objects with it, whatever
 * the default.
 */
async function checkDefaultKey(
  role: BucketRole,
  { Bucket, KmsKeyArn }: CheckedBucket,
  all: readonly CheckedBucket[],
  dependencies: Omit<CheckDependencies, 'patience'>,
  signal: AbortSignal,
): Promise<UnusableKeyError | undefined> {
  const { region, log } = dependencies;
  const isTarget = role === 'destination';
  // Restored objects are encrypted with the key in their destination.
  if (isTarget && KmsKeyArn !== '') return undefined;
  const named = (isTarget ? all.map((entry) => entry.KmsKeyArn) : [KmsKeyArn]).filter((arn) => arn !== '');
  const key = await findUnnamedKey(Bucket, region, named, dependencies, signal);
  if (key === undefined) return undefined;
  const setting = isTarget ? 'destinations[].kms_key_arn' : 'source.kms_key_arn';
  if (KmsKeyArn !== '') {
    const text =
      'The bucket encrypts by default with a key other than the one its rule names: only objects with the named key can be read';
    log.warn(text, { bucket: Bucket, default_key: key, named_key: KmsKeyArn });
    return undefined;
  }
  return new UnusableKeyError(
    `The ${role} bucket ${Bucket} encrypts with the KMS key ${key} by default, but no rule names it: every object would be ` +
      `refused. Set ${setting} in replication_config.json to the ARN of this key, run \`npm run configure\`, and deploy again.`,
    { context: { bucket: Bucket, key, region } },
  );
}

function findBucketProblem(
  role: BucketRole,
  bucket: string,
  actual: string | undefined,
  region: string,
): UnusableBucketError | undefined {
  const context = { bucket, region, actual };
  const setting = role === 'source' ? 'source.bucket' : 'destinations[].bucket';
  if (actual === undefined) {
    return new UnusableBucketError(
      `The ${role} bucket ${bucket} does not exist. Create it in ${region}, or correct ${setting} in replication_config.json.`,
      { context },
    );
  }
  if (actual === region) return undefined;
  return new UnusableBucketError(
    `The ${role} bucket ${bucket} is in ${actual}, but replication_config.json says ${region}. Correct the region next to ` +
      `${setting}, run \`npm run configure\`, and deploy again.`,
    { context },
  );
}
