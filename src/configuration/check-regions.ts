import { partitionOf } from './aws-regions.ts';
import type { RegionDraft } from './draft.ts';
import { type Finding, SETTINGS_FILE } from './finding.ts';
import type { JsonPath } from './read-json.ts';

/** What is wrong between the regions of settings.json. */
export function checkRegions(regions: readonly RegionDraft[]): Finding[] {
  return [...repeatedRegions(regions), ...severalPartitions(regions)];
}

function repeatedRegions(regions: readonly RegionDraft[]): Finding[] {
  return regions.flatMap(({ region, index }) => {
    const first = regions.find((other) => other.region === region);
    if (region === undefined || first === undefined || first.index === index) return [];
    const message = `${region} stands in enabled_regions.${first.index}, too; make one entry of both`;
    return [{ file: SETTINGS_FILE, path: at(index, 'region'), message }];
  });
}

/** S3 does not replicate, nor does IAM trust, across partitions. */
function severalPartitions(regions: readonly RegionDraft[]): Finding[] {
  const known = regions.flatMap(({ region, index }) => (region === undefined ? [] : [{ region, index }]));
  const [first] = known;
  return known.flatMap(({ region, index }) => {
    const partition = partitionOf(region);
    if (first === undefined || partition === partitionOf(first.region)) return [];
    const message = `${region} is in the partition ${partition ?? '?'}, ${first.region} in ${partitionOf(first.region) ?? '?'}; S3 replicates nothing between them`;
    return [{ file: SETTINGS_FILE, path: at(index, 'region'), message }];
  });
}

function at(index: number, key: string): JsonPath {
  return ['enabled_regions', index, key];
}
