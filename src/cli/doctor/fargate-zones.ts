import type { Diagnosis } from './diagnosis.ts';
import { failure, ok, warning } from './diagnosis.ts';

/**
 * Zones with Fargate, in regions where not all zones have it (Amazon ECS developer guide, "Supported Regions", Linux).
 */
const KNOWN_ZONES: Readonly<Record<string, readonly string[]>> = {
  'us-west-1': ['usw1-az1', 'usw1-az3'],
  'ap-northeast-1': ['apne1-az1', 'apne1-az2', 'apne1-az4'],
  'cn-north-1': ['cnn1-az1', 'cnn1-az2'],
};

/** A zone of an account. Names of zones differ between accounts; ids are the same for all. */
export interface Zone {
  /** Such as `us-west-1a`. */
  readonly name: string;
  /** Such as `usw1-az1`. */
  readonly id: string;
}

/** Whether every zone of a region has Fargate, so that no lookup is needed. */
export function hasAllZones(region: string): boolean {
  return KNOWN_ZONES[region] === undefined;
}

/**
 * Checks that tasks can start in the zones of the network, which are the first ones by name.
 *
 * | zones with Fargate | finding |
 * |---|---|
 * | all | ok |
 * | some | a warning: the subnets in the others are useless |
 * | none | a failure |
 *
 * @param zones all zones of the account in the region
 * @param count `availability_zones` of the region
 */
export function judgeZones(subject: string, region: string, zones: readonly Zone[], count: number): Diagnosis {
  const known = KNOWN_ZONES[region];
  const sorted = zones.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const taken = sorted.slice(0, count);
  const isKnown = ({ id }: Zone): boolean => known === undefined || known.includes(id);
  const without = taken.filter((zone) => !isKnown(zone));
  if (without.length === 0)
    return ok(subject, `Fargate is in each of the ${taken.length} zones that the network uses.`);
  const names = without.map(({ name, id }) => `${name} (${id})`).join(', ');
  const enough = sorted.findIndex(isKnown) + 1;
  if (without.length < taken.length) {
    const says = `Fargate is not in ${names}: no task can start in the subnets there, only in the other ${taken.length - without.length}.`;
    const fix = `if tasks do not start, set "availability_zones" of ${region} in settings.json so that the network uses more zones with Fargate`;
    return warning(subject, says, fix);
  }
  return failure(
    subject,
    `Fargate is not in ${names}, the only zones that the network uses: no task would ever start.`,
    enough === 0
      ? `switch off the fallback for rules with a source or destination in ${region}`
      : `set "availability_zones" of ${region} to ${enough} or more in settings.json, then s3xrc configure`,
  );
}
