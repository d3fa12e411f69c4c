import type { CompressorError } from '../errors.ts';
import { checkKey } from './check-key.ts';
import { combineProblems } from './combine-problems.ts';
import { BucketUnusableError } from './errors.ts';
import type { BucketDirectory, KeyDirectory } from './ports.ts';
import type { BucketChecksProperties } from './resource-properties.ts';
import { type Patience, retryPatiently } from './retry-patiently.ts';

export interface CheckDependencies {
  readonly buckets: BucketDirectory;
  readonly keys: KeyDirectory;
  readonly patience: Patience;
  /** Region of the stack. */
  readonly region: string;
}

/** What the users' buckets are to this stack; `source` is `source.bucket` of the configuration, and so on. */
export type BucketRole = 'source' | 'destination';

/**
 * Checks that the buckets are here and their keys can be used, before anything fails late. They need not be versioned:
 * reads are pinned by ETag, and restores replace nothing that is newer.
 * @throws BucketUnusableError or KeyUnusableError that tells of every problem, what the directories throw
 */
export async function checkBuckets(
  role: BucketRole,
  { Buckets }: BucketChecksProperties,
  { buckets, keys, patience, region }: CheckDependencies,
  signal: AbortSignal,
): Promise<void> {
  const look = async (): Promise<void> => {
    const problems: (CompressorError | undefined)[] = [];
    for (const { Bucket, KmsKeyArn } of Buckets) {
      const actual = await buckets.findRegion(Bucket, region, signal);
      problems.push(findBucketProblem(role, Bucket, actual, region));
      if (KmsKeyArn !== '') problems.push(await checkKey(KmsKeyArn, region, `${role} bucket ${Bucket}`, keys, signal));
    }
    combineProblems(problems);
  };
  await retryPatiently(look, patience, signal);
}

function findBucketProblem(
  role: BucketRole,
  bucket: string,
  actual: string | undefined,
  region: string,
): BucketUnusableError | undefined {
  const context = { bucket, region, actual };
  const setting = role === 'source' ? 'source.bucket' : 'destinations[].bucket';
  if (actual === undefined) {
    return new BucketUnusableError(
      `The ${role} bucket ${bucket} does not exist. Create it in ${region}, or correct ${setting} in replication_config.json.`,
      { context },
    );
  }
  if (actual === region) return undefined;
  return new BucketUnusableError(
    `The ${role} bucket ${bucket} is in ${actual}, and replication_config.json says ${region}. Correct the region beside ` +
      `${setting}, run \`npm run configure\`, and deploy again.`,
    { context },
  );
}
