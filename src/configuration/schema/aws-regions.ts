/**
 * The regions of AWS by partition, as its SDK (botocore 1.44.5, `endpoints.json`) listed them on 2026-11-23. S3
 * replicates only between regions of one partition. The isolated partitions are left out, since the names of their
 * regions are not public.
 */
const PARTITIONS = {
  aws: [
    'af-south-1',
    'ap-east-1',
    'ap-east-2',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ap-southeast-5',
    'ap-southeast-6',
    'ap-southeast-7',
    'ca-central-1',
    'ca-west-1',
    'eu-central-1',
    'eu-central-2',
    'eu-north-1',
    'eu-south-1',
    'eu-south-2',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'il-central-1',
    'me-central-1',
    'me-south-1',
    'mx-central-1',
    'sa-east-1',
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
  ],
  'aws-cn': ['cn-north-1', 'cn-northwest-1'],
  'aws-us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  'aws-eusc': ['eusc-de-east-1'],
} as const;

/**
 * Partitions whose endpoints are under amazonaws.com, the domain that the stacks' policies and endpoints and the
 * functions' signatures use. The others are listed only so that an error can name them.
 */
const SUPPORTED: readonly string[] = ['aws', 'aws-us-gov'] satisfies (keyof typeof PARTITIONS)[];

export const AWS_REGIONS: readonly string[] = Object.values(PARTITIONS).flat();

/** The partition of a region; undefined when the region is not known. */
export function partitionOf(region: string): string | undefined {
  return Object.entries(PARTITIONS).find(([, regions]) => regions.some((known) => known === region))?.[0];
}

/** Whether the stacks can be deployed there. */
export function isSupportedPartition(partition: string | undefined): boolean {
  return partition !== undefined && SUPPORTED.includes(partition);
}
