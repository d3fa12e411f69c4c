import type { ConfigurationDraft, RegionDraft, RuleDraft } from '../schema/draft.ts';
import { blocksOverlap, maxBlocks, parseIpv4Block } from '../schema/ipv4-block.ts';
import type { JsonPath } from '../schema/json-text.ts';
import { SETTINGS_FILE, type UnlocatedProblem } from '../schema/locate-problem.ts';

/** Sizes that a VPC may have, and the smallest size of a subnet (Amazon VPC user guide, "VPC CIDR blocks"). */
const VPC_BITS = { widest: 16, narrowest: 28 } as const;
export const SUBNET_BITS = 28;

/** Checks that the networks of the regions are valid, do not overlap, and exist wherever a fallback needs one. */
export function checkNetworks({ regions = [], rules }: ConfigurationDraft): UnlocatedProblem[] {
  return [...badNetworks(regions), ...networksForFallback(regions, rules)];
}

function badNetworks(regions: readonly RegionDraft[]): UnlocatedProblem[] {
  const networks = regions.flatMap(({ vpc_cidr: cidr, index }) =>
    cidr === undefined ? [] : [{ cidr, index, block: parseIpv4Block(cidr) }],
  );
  return networks.flatMap(({ cidr, index, block }) => {
    const path = at(index, 'vpc_cidr');
    if (block.bits < VPC_BITS.widest || block.bits > VPC_BITS.narrowest) {
      const message = 'is not a size that a VPC can have';
      return [{ file: SETTINGS_FILE, path, message, value: cidr, allowed: 'a block from /16 to /28' }];
    }
    return networks
      .filter((other) => other.index < index && blocksOverlap(other.block, block))
      .map((other) => {
        const message = `overlaps ${other.cidr} of enabled_regions.${other.index}; each region needs a separate block`;
        return { file: SETTINGS_FILE, path, message, value: cidr };
      });
  });
}

/** A fallback runs in the source region of a rule and in its target regions. */
function networksForFallback(regions: readonly RegionDraft[], rules: readonly RuleDraft[]): UnlocatedProblem[] {
  return regions.flatMap(({ region, index, vpc_cidr: cidr, availability_zones: zones = 1 }): UnlocatedProblem[] => {
    const rule = rules.find(({ source, destinations }) => {
      const regions = [source, ...destinations].map(({ region: named }) => named);
      return source.fallback === true && region !== undefined && regions.includes(region);
    });
    if (rule === undefined) return [];
    const path = at(index, 'vpc_cidr');
    if (cidr === undefined) {
      const message = `is missing, but the fallback tasks of replication_configuration.${rule.index} in ${region ?? '?'} need a network`;
      return [{ file: SETTINGS_FILE, path, message, allowed: 'a block from /16 to /28 that no other region has' }];
    }
    const most = maxBlocks(parseIpv4Block(cidr), SUBNET_BITS);
    if (most >= zones || most === 0) return [];
    const message = `has room for ${most} subnet${most === 1 ? '' : 's'} of /${SUBNET_BITS}, but availability_zones is ${zones}`;
    return [{ file: SETTINGS_FILE, path, message, value: cidr }];
  });
}

function at(index: number, key: string): JsonPath {
  return ['enabled_regions', index, key];
}
