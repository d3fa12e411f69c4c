import type { CompressorError } from '../errors.ts';
import { applyUntilStable } from './apply-until-stable.ts';
import { checkKey } from './check-key.ts';
import { UnusableBucketError } from './errors.ts';
import {
  leavingDestinations,
  mergeReplicationRules,
  type ReplicationMerge,
  withoutReplicationRules,
} from './merge-replication-rules.ts';
import type { BucketDirectory, KeyDirectory, ReplicationStore, StoredReplication } from './ports.ts';
import type {
  MadeReplicationRules,
  ReplicationRuleProperties,
  ReplicationRulesProperties,
} from './resource-properties.ts';
import { type RetryWindow, retryPatiently } from './retry-patiently.ts';
import { throwProblems } from './throw-problems.ts';

export interface ReplicationDependencies {
  readonly replication: ReplicationStore;
  readonly buckets: BucketDirectory;
  readonly keys: KeyDirectory;
  readonly patience: RetryWindow;
}

/** The new configuration instead of the existing one; undefined if the bucket does not exist. */
type Merge = (stored: StoredReplication | undefined) => ReplicationMerge | Promise<ReplicationMerge>;

/**
 * Makes the bucket replicate by our rules, after checking every destination: S3 accepts rules that can never work, and
 * then fails each object. Rules that only the `former` properties of the same bucket asked for stay active until the
 * next change.
 * @throws UnusableBucketError that names the region to deploy first, UnusableKeyError, ReplicationConflictError,
 * ContestedConfigurationError, what the ports throw
 */
export async function putReplicationRules(
  properties: ReplicationRulesProperties,
  former: MadeReplicationRules | undefined,
  { replication, buckets, keys, patience: retryWindow }: ReplicationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { Bucket } = properties;
  await retryPatiently(() => checkDestinations(properties.Rules, buckets, keys, signal), retryWindow, signal);
  const replaced = former?.Bucket === Bucket ? former : undefined;
  const merge = async (stored: StoredReplication | undefined): Promise<ReplicationMerge> => {
    if (stored !== undefined) {
      const destinations = leavingDestinations(stored, properties, replaced);
      const gone = await findGone(destinations, properties, buckets, signal);
      return mergeReplicationRules(Bucket, stored, properties, replaced, gone);
    }
    const message = `The outbound bucket ${Bucket} does not exist: the stack that adds rules to it must create it first.`;
    throw new UnusableBucketError(message, { context: { bucket: Bucket } });
  };
  await settleReplication(Bucket, merge, replication, retryWindow, signal);
}

/** Removes our rules. Does nothing if they or the bucket are gone. Throws what the store throws. */
export async function removeReplicationRules(
  properties: MadeReplicationRules,
  { replication, patience: retryWindow }: ReplicationDependencies,
  signal: AbortSignal,
): Promise<void> {
  const merge: Merge = (stored) =>
    stored === undefined
      ? { role: '', kept: [], added: [], isSettled: true }
      : withoutReplicationRules(stored, properties);
  await settleReplication(properties.Bucket, merge, replication, retryWindow, signal);
}

async function settleReplication(
  bucket: string,
  merge: Merge,
  replication: ReplicationStore,
  retryWindow: RetryWindow,
  signal: AbortSignal,
): Promise<void> {
  const step = async (): Promise<boolean> => {
    const { role, kept, added, isSettled } = await merge(await replication.read(bucket, signal));
    if (!isSettled) await replication.replace(bucket, role, kept, added, signal);
    return isSettled;
  };
  await applyUntilStable(bucket, step, retryWindow, signal);
}

/** Our inbound buckets that S3 would not accept as a destination, because their region was removed before this one. */
async function findGone(
  destinations: readonly string[],
  { Rules }: ReplicationRulesProperties,
  buckets: BucketDirectory,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const gone = new Set<string>();
  for (const bucket of destinations) {
    // Any region works as a start: S3 reports the region of a bucket.
    const region = await buckets.findRegion(bucket, Rules[0]?.DestinationRegion ?? '', signal);
    if (region === undefined || !(await buckets.isVersioned(bucket, region, signal))) gone.add(bucket);
  }
  return gone;
}

async function checkDestinations(
  rules: readonly ReplicationRuleProperties[],
  buckets: BucketDirectory,
  keys: KeyDirectory,
  signal: AbortSignal,
): Promise<void> {
  const problems: (CompressorError | undefined)[] = [];
  // Many rules share an inbound bucket and its key.
  const destinations = new Map(
    rules.map((rule) => [[rule.DestinationBucket, rule.DestinationRegion, rule.ReplicaKmsKeyArn].join(' '), rule]),
  );
  for (const { DestinationBucket, DestinationRegion, ReplicaKmsKeyArn } of destinations.values()) {
    problems.push(await findDestinationProblem(DestinationBucket, DestinationRegion, buckets, signal));
    if (ReplicaKmsKeyArn === '') continue;
    problems.push(
      await checkKey(ReplicaKmsKeyArn, DestinationRegion, `inbound bucket ${DestinationBucket}`, keys, signal),
    );
  }
  throwProblems(problems);
}

async function findDestinationProblem(
  bucket: string,
  region: string,
  buckets: BucketDirectory,
  signal: AbortSignal,
): Promise<UnusableBucketError | undefined> {
  const actual = await buckets.findRegion(bucket, region, signal);
  const refuse = (message: string): UnusableBucketError =>
    new UnusableBucketError(message, { context: { bucket, region, actual } });
  if (actual === undefined) {
    return refuse(
      `The inbound bucket ${bucket} does not exist in ${region}. Deploy ${region} first ` +
        `(sam deploy --config-env ${region}), then this region again; \`npm run deploy\` keeps this order.`,
    );
  }
  if (actual !== region) {
    return refuse(
      `The inbound bucket ${bucket} is in ${actual}, not in ${region}: its name is taken. Choose another ` +
        'stack_name in settings.json.',
    );
  }
  if (await buckets.isVersioned(bucket, region, signal)) return undefined;
  return refuse(
    `The inbound bucket ${bucket} in ${region} is not versioned, and S3 replicates into versioned buckets only. Deploy ` +
      `${region} again (sam deploy --config-env ${region}), which turns versioning on, then this region.`,
  );
}
