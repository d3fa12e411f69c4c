import { partitionOf } from './aws-regions.ts';
import type { RegionDraft } from './draft.ts';
import { type Finding, SETTINGS_FILE } from './finding.ts';
import { blocksOverlap, parseIpv4Block } from './ipv4-block.ts';
import type { JsonPath } from './read-json.ts';

/** Sizes that a VPC can have (Amazon VPC user guide, "VPC CIDR blocks"). */
const VPC_BITS = { widest: 16, narrowest: 28 } as const;

/** What is wrong between the regions of settings.json. */
export function checkRegions(regions: readonly RegionDraft[]): Finding[] {
  return [...repeatedRegions(regions), ...severalPartitions(regions), ...badNetworks(regions)];
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

function badNetworks(regions: readonly RegionDraft[]): Finding[] {
  const networks = regions.flatMap(({ vpc_cidr: cidr, index }) =>
    cidr === undefined ? [] : [{ cidr, index, block: parseIpv4Block(cidr) }],
  );
  return networks.flatMap(({ cidr, index, block }) => {
    const path = at(index, 'vpc_cidr');
    if (block.bits < VPC_BITS.widest || block.bits > VPC_BITS.narrowest) {
      const message = 'is no size that a VPC can have';
      return [{ file: SETTINGS_FILE, path, message, value: cidr, allowed: 'a block from /16 to /28' }];
    }
    return networks
      .filter((other) => other.index < index && blocksOverlap(other.block, block))
      .map((other) => {
        const message = `overlaps ${other.cidr} of enabled_regions.${other.index}; each region needs addresses of its own`;
        return { file: SETTINGS_FILE, path, message, value: cidr };
      });
  });
}

function at(index: number, key: string): JsonPath {
  return ['enabled_regions', index, key];
}
