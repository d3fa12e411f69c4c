import type { ReplicationRule } from '@aws-sdk/client-s3';
import { ReplicationSetupError } from '../errors.ts';

/** One copy that the rules of a bucket ask for. */
export interface ReplicationOrder {
  readonly ruleId: string;
  readonly destinationBucket: string;
  /** Absent: the class of the source object. */
  readonly storageClass?: string;
  /** S3 reports failures only for rules with replication metrics. */
  readonly hasMetrics: boolean;
}

/**
 * The copies of a new object: one for each destination bucket of an enabled rule with a matching prefix; of several
 * such rules for one destination, the one with the highest priority number decides.
 *
 * @throws ReplicationSetupError on a rule with a tag filter, which the local cloud does not have
 */
export function chooseDestinations(rules: readonly ReplicationRule[], key: string): ReplicationOrder[] {
  const byDestination = new Map<string, ReplicationRule>();
  for (const rule of rules) {
    if (rule.Status !== 'Enabled' || !key.startsWith(readPrefix(rule))) continue;
    const bucket = bucketOfArn(rule.Destination?.Bucket ?? '');
    const rival = byDestination.get(bucket);
    if (rival === undefined || (rule.Priority ?? 0) > (rival.Priority ?? 0)) byDestination.set(bucket, rule);
  }
  return [...byDestination].map(([destinationBucket, rule]) => ({
    ruleId: rule.ID ?? '',
    destinationBucket,
    ...(rule.Destination?.StorageClass !== undefined && { storageClass: rule.Destination.StorageClass }),
    hasMetrics: rule.Destination?.Metrics?.Status === 'Enabled',
  }));
}

function readPrefix(rule: ReplicationRule): string {
  if (rule.Filter?.Tag !== undefined || rule.Filter?.And?.Tags !== undefined) {
    throw new ReplicationSetupError(
      `Replication rule ${rule.ID ?? ''} filters on tags; the local cloud knows prefixes only`,
    );
  }
  return rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? '';
}

function bucketOfArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
