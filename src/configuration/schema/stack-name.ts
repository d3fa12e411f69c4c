import { bucketNameFault } from './bucket-name.ts';
import { ownBucketName } from './resource-names.ts';

/** CloudFormation's names without two hyphens in a row and at the end, and with a second letter: ECR takes neither of these. */
export const STACK_NAME_PATTERN = '^(?=.{2,128}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$';

/** The longest values that AWS has of what the names of our buckets contain. */
const [ACCOUNT, REGION] = ['111122223333', 'ap-southeast-2'];

/** What keeps a text from naming a stack, its image repository and its buckets alike; undefined when nothing does. */
export function stackNameFault(name: string): string | undefined {
  if (!new RegExp(STACK_NAME_PATTERN).test(name)) return 'cannot name a stack, its buckets and its image repository';
  const fault = bucketNameFault(ownBucketName(name, ACCOUNT, REGION, 'outbound'));
  return fault === undefined ? undefined : `our buckets begin with it, and ${fault}`;
}
