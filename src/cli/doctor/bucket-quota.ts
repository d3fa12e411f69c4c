import { paginateListBuckets } from '@aws-sdk/client-s3';
import { ownBucketName } from '../../configuration/schema/resource-names.ts';
import type { RegionPlan } from '../../templates/plan-regions.ts';
import { formatCount } from '../command/numbers.ts';
import type { Check, CheckContext } from './check.ts';
import { type Diagnosis, failure, ok } from './diagnosis.ts';
import { type QuotaName, readQuota } from './read-quota.ts';

/** Service Quotas, Amazon S3: "General purpose buckets". */
const BUCKET_QUOTA: QuotaName = { ServiceCode: 's3', QuotaCode: 'L-DC2B2D3D' };
/** Amazon S3 user guide, "General purpose bucket quotas": the default, unless Service Quotas has another value. */
const DEFAULT_BUCKETS = 10_000;
/** The same page: the one region of each partition that returns the quota, which applies to the account. */
const QUOTA_REGIONS: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};
const PAGE = 1000;
/** Number of buckets that source.yaml and target.yaml create in a region. */
const OWN_BUCKETS = { source: ['outbound', 'progress', 'failed'], target: ['inbound'] } as const;

/** Checks that the account has room for the buckets that the stacks create. */
export function bucketQuotaCheck({ clients, configuration, identity, plans }: CheckContext): Check {
  const subject = 'buckets of the account';
  const [, partition = 'aws'] = identity.arn.split(':');
  const region = QUOTA_REGIONS[partition] ?? 'us-east-1';
  const run = async (abortSignal: AbortSignal): Promise<Diagnosis[]> => {
    const existing = new Set<string>();
    const paginator = { client: clients.s3(region), pageSize: PAGE };
    for await (const { Buckets = [] } of paginateListBuckets(paginator, {}, { abortSignal })) {
      for (const { Name = '' } of Buckets) existing.add(Name);
    }
    const ours = plans.flatMap((plan) => ownBuckets(plan, configuration.settings.stack_name, identity.account));
    const missing = ours.filter((name) => !existing.has(name)).length;
    const quota = missing === 0 ? undefined : await readQuota(clients.serviceQuotas(region), BUCKET_QUOTA, abortSignal);
    return [judgeBucketCount(subject, { region, buckets: existing.size, missing, quota })];
  };
  return { subject, takes: 's3:ListAllMyBuckets', run };
}

function ownBuckets({ region, settings }: RegionPlan, stack: string, account: string): string[] {
  const kinds = settings.source_target.flatMap((role) => OWN_BUCKETS[role]);
  return kinds.map((kind) => ownBucketName(stack, account, region, kind));
}

export interface BucketCount {
  /** Where to request a higher quota. */
  readonly region: string;
  /** That the account has. */
  readonly buckets: number;
  /** That a deployment creates. */
  readonly missing: number;
  /** Undefined if it cannot be read. */
  readonly quota: number | undefined;
}

/**
 * | missing | buckets + missing | finding |
 * |---------|-------------------|---------|
 * | 0       | any               | ok      |
 * | some    | up to the quota   | ok      |
 * | some    | over it           | failure |
 */
export function judgeBucketCount(subject: string, { region, buckets, missing, quota }: BucketCount): Diagnosis {
  if (missing === 0) return ok(subject, 'The buckets of the stacks exist.');
  const most = quota ?? DEFAULT_BUCKETS;
  const allowed = `${formatCount(most)} buckets${quota === undefined ? ' (the default)' : ''}`;
  const says = `The account has ${formatCount(buckets)} of ${allowed}, and a deployment creates ${missing} more.`;
  if (buckets + missing <= most) return ok(subject, says);
  return failure(
    subject,
    `${says} The deployment will fail.`,
    `aws service-quotas request-service-quota-increase --region ${region} --service-code ${BUCKET_QUOTA.ServiceCode} --quota-code ${BUCKET_QUOTA.QuotaCode} --desired-value ${buckets + missing}`,
  );
}
