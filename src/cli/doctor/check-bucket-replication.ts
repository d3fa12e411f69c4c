import { GetBucketReplicationCommand, type ReplicationRule as StoredRule } from '@aws-sdk/client-s3';
import type { BucketCheckState } from './configured-bucket.ts';
import { type Diagnosis, ok, warning } from './diagnosis.ts';

const NOTHING_CONFIGURED = 'ReplicationConfigurationNotFoundError';

/** Checks whether S3's own replication also replicates the same objects to the same buckets, which would cost twice. */
export async function checkReplication(state: BucketCheckState, abortSignal: AbortSignal): Promise<Diagnosis[]> {
  const { subject, s3, bucket, plan } = state;
  let stored: readonly StoredRule[];
  try {
    const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket: bucket.name }), {
      abortSignal,
    });
    stored = ReplicationConfiguration?.Rules ?? [];
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === NOTHING_CONFIGURED) return [];
    throw thrown;
  }
  const ours = plan.outgoing.filter(({ source }) => source.bucket === bucket.name);
  const rivals = stored.filter((rule) =>
    ours.some(
      ({ source, destinations }) =>
        rule.Status === 'Enabled' &&
        destinations.some((destination) => isBucket(rule.Destination?.Bucket, destination.bucket)) &&
        contains(prefixOf(rule), source.prefix),
    ),
  );
  const [rival] = rivals;
  if (rival === undefined) {
    return stored.length === 0
      ? []
      : [ok(subject, `${stored.length} replication rules of S3's own, to other buckets or for other keys.`)];
  }
  const says = `S3's own replication rule "${rival.ID ?? ''}" replicates the same objects to the same bucket: you pay for each twice.`;
  const fix = `aws s3api get-bucket-replication --bucket ${bucket.name}, then remove the rule (docs/deployment.md)`;
  return [warning(subject, says, fix)];
}

/** Rules of the first version have a prefix instead of a filter. */
function prefixOf({ Filter, ...rule }: StoredRule): string {
  const former: unknown = Reflect.get(rule, 'Prefix');
  return Filter?.Prefix ?? Filter?.And?.Prefix ?? (typeof former === 'string' ? former : '');
}

function isBucket(arn: string | undefined, name: string): boolean {
  return arn?.endsWith(`:::${name}`) === true;
}

/** Whether one prefix begins with the other, so that they overlap. */
function contains(left: string, right: string): boolean {
  return left.startsWith(right) || right.startsWith(left);
}
