import { bucketNameFault } from './bucket-name.ts';
import { ownBucketName } from './resource-names.ts';

/** CloudFormation's rules, plus ECR's: no two hyphens in a row, none at the end, and at least two characters. */
export const STACK_NAME_PATTERN = '^(?=.{2,128}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$';

/** The longest values in AWS of the parts of our bucket names. */
const [ACCOUNT, REGION] = ['111122223333', 'ap-southeast-2'];

/** Why a text cannot name a stack, its image repository and its buckets; undefined if it can. */
export function stackNameFault(name: string): string | undefined {
  if (!new RegExp(STACK_NAME_PATTERN).test(name)) return 'cannot name a stack, its buckets and its image repository';
  const fault = bucketNameFault(ownBucketName(name, ACCOUNT, REGION, 'outbound'));
  return fault === undefined ? undefined : `our buckets begin with it, and ${fault}`;
}
