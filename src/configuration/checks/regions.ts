import { isSupportedPartition, partitionOf } from '../schema/aws-regions.ts';
import type { RegionDraft } from '../schema/draft.ts';
import type { JsonPath } from '../schema/json-text.ts';
import { SETTINGS_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';

/** Checks the regions of settings.json against each other. */
export function checkRegions(regions: readonly RegionDraft[]): UnlocatedProblem[] {
  return [...repeatedRegions(regions), ...foreignPartitions(regions)];
}

function repeatedRegions(regions: readonly RegionDraft[]): UnlocatedProblem[] {
  return regions.flatMap(({ region, index }) => {
    const first = regions.find((other) => other.region === region);
    if (region === undefined || first === undefined || first.index === index) return [];
    const message = `${region} is listed in enabled_regions.${first.index}, too; merge the two entries`;
    return [{ file: SETTINGS_FILE, path: at(index, 'region'), message }];
  });
}

/**
 * The stacks support no domain other than amazonaws.com, and neither S3 replication nor IAM trust works across
 * partitions.
 */
function foreignPartitions(regions: readonly RegionDraft[]): UnlocatedProblem[] {
  const known = regions.flatMap(({ region, index }) => {
    return region === undefined ? [] : [{ region, index, partition: partitionOf(region) ?? '?' }];
  });
  const first = known.find(({ partition }) => isSupportedPartition(partition));
  return known.flatMap(({ region, index, partition }) => {
    const found = { file: SETTINGS_FILE, path: at(index, 'region') } as const;
    if (!isSupportedPartition(partition)) {
      const message = `${region} is in the partition ${partition}, where this product cannot be deployed: it reaches AWS only under amazonaws.com`;
      return [{ ...found, message }];
    }
    if (first === undefined || partition === first.partition) return [];
    const message = `${region} is in the partition ${partition}, but ${first.region} is in ${first.partition}; S3 does not replicate between them`;
    return [{ ...found, message }];
  });
}

function at(index: number, key: string): JsonPath {
  return ['enabled_regions', index, key];
}
