import { SUBNET_BITS } from '../configuration/checks/networks.ts';
import type { DeployedRule, FallbackSizing } from '../configuration/deployed-rule.ts';
import { fargateMemories } from '../configuration/schema/fargate-sizes.ts';
import { divideBlock, parseIpv4Block } from '../configuration/schema/ipv4-block.ts';
import type { RegionEntry } from '../configuration/schema/schema.ts';

/** The fallback's needs in a region that is the source or a target of rules with a fallback. */
export interface FallbackPlan {
  readonly vpcCidr: string;
  /** One block per zone. */
  readonly subnetCidrs: readonly string[];
  readonly network: RegionEntry['network'];
  /** Rules that have their source here, each with its own service. */
  readonly rules: readonly FallbackRule[];
  /** Sizing of the one service for everything that arrives; absent if no rule with a fallback has a target here. */
  readonly arriving?: FallbackSizing;
}

export interface FallbackRule {
  readonly rule: DeployedRule;
  readonly fallback: FallbackSizing;
}

/** Bits by which a network is divided: eight subnets, so that there is one for each of six zones and none moves later. */
const DIVISION_BITS = 3;

/** @returns undefined when no rule with a source or target in the region has a fallback */
export function planFallback(
  settings: RegionEntry,
  outgoing: readonly DeployedRule[],
  incoming: readonly DeployedRule[],
): FallbackPlan | undefined {
  const rules = outgoing.flatMap(withFallback);
  const arriving = incoming.flatMap(withFallback).map(({ fallback }) => fallback);
  if (rules.length === 0 && arriving.length === 0) return undefined;
  const { region, vpc_cidr: vpcCidr, availability_zones: zones, network } = settings;
  // check-networks.ts refuses such a configuration.
  if (vpcCidr === undefined) throw new TypeError(`${region} has a fallback and no vpc_cidr`);
  const block = parseIpv4Block(vpcCidr);
  return {
    vpcCidr,
    subnetCidrs: divideBlock(block, Math.min(SUBNET_BITS, block.bits + DIVISION_BITS), zones),
    network,
    rules,
    ...(arriving.length === 0 ? {} : { arriving: joinSizings(arriving, settings.scaling_limit) }),
  };
}

function withFallback(rule: DeployedRule): FallbackRule[] {
  const { fallback } = rule.sizing;
  return fallback === undefined ? [] : [{ rule, fallback }];
}

/**
 * Large enough for each of several rules. Larger sizes of Fargate have both more CPU and more memory, so such a size
 * exists.
 */
function joinSizings(sizings: readonly FallbackSizing[], maximumTasks: number): FallbackSizing {
  const most = (field: keyof FallbackSizing): number => Math.max(...sizings.map((sizing) => sizing[field]));
  const [cpu, memory] = [most('cpu'), most('memoryMebibytes')];
  return {
    cpu,
    memoryMebibytes: fargateMemories(cpu).find((size) => size >= memory) ?? memory,
    maximumTasks,
    backlogPerTask: Math.min(...sizings.map(({ backlogPerTask }) => backlogPerTask)),
    onDemandPercent: most('onDemandPercent'),
  };
}
