import { replicationSchema } from '../../configuration/schema/schema.ts';
import type { Estimate } from './estimate.ts';

/** S3's limit for the name of a bucket. */
const MAX_BUCKET_NAME = 63;

/**
 * The rules of a verdict, as the text of a `replication_config.json`. The names of target buckets are placeholders: an
 * estimate has none.
 * @returns undefined if no rule pays off
 */
export function renderRules({ verdict, bucket, region, to, total }: Estimate): string | undefined {
  if (verdict.kind === 'leave') return undefined;
  const prefixes = verdict.kind === 'use' ? [total.prefix] : verdict.prefixes;
  const file = {
    $schema: './replication_config.schema.json',
    replication_configuration: prefixes.map((prefix) => ({
      source: { region, bucket, ...(prefix === '' ? {} : { prefix_filter: prefix }) },
      destinations: to.map((target) => ({ region: target, bucket: targetBucket(bucket, target) })),
    })),
  };
  replicationSchema.parse(file);
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function targetBucket(bucket: string, region: string): string {
  const suffix = `-${region}`;
  return `${bucket.slice(0, MAX_BUCKET_NAME - suffix.length).replace(/[-.]+$/, '')}${suffix}`;
}
