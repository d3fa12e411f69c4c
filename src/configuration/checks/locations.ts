import type { ConfigurationDraft, RegionDraft, RuleDraft } from '../schema/draft.ts';
import type { JsonPath } from '../schema/json-text.ts';
import { REPLICATION_FILE, SETTINGS_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';

type Role = 'source' | 'target';

/** A bucket in a rule, with the region and KMS key that the rule gives for it. */
interface NamedBucket {
  readonly path: JsonPath;
  readonly role: Role;
  readonly region: string | undefined;
  readonly bucket: string | undefined;
  readonly kmsKey: string | undefined;
}

/**
 * Checks that each bucket is in one region only, that the region has the role, and that the KMS key is in the region.
 */
export function checkLocations({ regions, rules }: ConfigurationDraft): UnlocatedProblem[] {
  const named = rules.flatMap(namedBuckets);
  return [
    ...(regions === undefined ? [] : missingRoles(named, regions)),
    ...bucketsInTwoRegions(named),
    ...foreignKeys(named),
  ];
}

function namedBuckets({ index, source, destinations }: RuleDraft): NamedBucket[] {
  const rule: JsonPath = ['replication_configuration', index];
  return [
    { path: [...rule, 'source'], role: 'source', ...addressOf(source) },
    ...destinations.map(
      (destination, position): NamedBucket => ({
        path: [...rule, 'destinations', position],
        role: 'target',
        ...addressOf(destination),
      }),
    ),
  ];
}

function addressOf(entry: RuleDraft['source'] | RuleDraft['destinations'][number]): Omit<NamedBucket, 'path' | 'role'> {
  return { region: entry.region, bucket: entry.bucket, kmsKey: entry.kms_key_arn };
}

function missingRoles(named: readonly NamedBucket[], regions: readonly RegionDraft[]): UnlocatedProblem[] {
  // A duplicate region is reported elsewhere; here it has the roles of both entries.
  const roles = new Map<string | undefined, readonly string[] | undefined>();
  for (const { region, source_target } of regions) {
    const before = roles.get(region);
    roles.set(region, before === undefined ? source_target : [...before, ...(source_target ?? [])]);
  }
  return named.flatMap(({ path, role, region }) => {
    if (region === undefined) return [];
    const found: Omit<UnlocatedProblem, 'message'> = {
      file: REPLICATION_FILE,
      path: [...path, 'region'],
      value: region,
    };
    const allowed = regions.flatMap((entry) => (entry.source_target?.includes(role) === true ? [entry.region] : []));
    const having = `regions with the role "${role}": ${allowed.join(', ') || 'none'}`;
    if (!roles.has(region)) {
      return [{ ...found, message: `is not in enabled_regions of ${SETTINGS_FILE}; add it there`, allowed: having }];
    }
    const own = roles.get(region);
    if (own === undefined || own.includes(role)) return [];
    const message = `region "${region}" does not have the role "${role}" in ${SETTINGS_FILE}; add it to that region's source_target`;
    return [{ ...found, message, allowed: having }];
  });
}

/** Bucket names are unique in a partition, so at least one of the two regions is wrong. */
function bucketsInTwoRegions(named: readonly NamedBucket[]): UnlocatedProblem[] {
  return named.flatMap(({ path, region, bucket }, index) => {
    if (region === undefined || bucket === undefined) return [];
    const first = named.slice(0, index).find((other) => other.bucket === bucket && other.region !== undefined);
    if (first?.region === undefined || first.region === region) return [];
    const message = `bucket "${bucket}" is in ${region} here and in ${first.region} at ${first.path.join('.')}; a bucket is in one region`;
    return [{ file: REPLICATION_FILE, path: [...path, 'region'], message }];
  });
}

function foreignKeys(named: readonly NamedBucket[]): UnlocatedProblem[] {
  return named.flatMap(({ path, region, kmsKey = '' }) => {
    const keyRegion = kmsKey.split(':')[3];
    if (region === undefined || keyRegion === undefined || keyRegion === region) return [];
    const message = `is a key of ${keyRegion}, but the bucket is in ${region}; S3 uses only keys of the bucket's region`;
    return [{ file: REPLICATION_FILE, path: [...path, 'kms_key_arn'], message, value: kmsKey }];
  });
}
