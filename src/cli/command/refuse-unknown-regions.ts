import { AWS_REGIONS } from '../../configuration/schema/aws-regions.ts';
import { closestWord } from '../../configuration/schema/closest-word.ts';
import { UsageError } from './errors.ts';

/** @throws UsageError for a name that is not an AWS region, with the closest one */
export function refuseUnknownRegions(names: readonly string[]): void {
  const unknown = names.find((name) => !AWS_REGIONS.includes(name));
  if (unknown === undefined) return;
  const closest = closestWord(unknown, AWS_REGIONS);
  throw new UsageError(
    `"${unknown}" is not an AWS region${closest === undefined ? '' : `; did you mean "${closest}"?`}`,
  );
}
