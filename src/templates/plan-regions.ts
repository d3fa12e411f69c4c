import type { DeployedRule } from '../configuration/deployed-rule.ts';
import type { Configuration } from '../configuration/read-configuration.ts';
import type { Destination } from '../configuration/rule.ts';
import type { RegionEntry } from '../configuration/schema/schema.ts';
import { type FallbackPlan, planFallback } from './plan-fallback.ts';

/** The tasks of one region. Its roles are those of settings.json, whether or not a rule uses them yet. */
export interface RegionPlan {
  readonly region: string;
  readonly settings: RegionEntry;
  /** Rules whose source is here. */
  readonly outgoing: readonly DeployedRule[];
  /** Destinations that are here. */
  readonly incoming: readonly IncomingRoute[];
  /** Absent: no rule with a source or target here has a fallback. */
  readonly fallback?: FallbackPlan;
}

export interface IncomingRoute {
  readonly rule: DeployedRule;
  readonly destination: Destination;
}

/** The regions in the order of settings.json, their rules in the order of replication_config.json. */
export function planRegions({ settings, rules }: Configuration): RegionPlan[] {
  return settings.enabled_regions.map((entry) => {
    const { region } = entry;
    const arrivals = rules.flatMap((rule) => rule.destinations.map((destination) => ({ rule, destination })));
    const outgoing = rules.filter(({ source }) => source.region === region);
    const incoming = arrivals.filter(({ destination }) => destination.region === region);
    const arriving = incoming.map(({ rule }) => rule);
    const fallback = planFallback(entry, outgoing, arriving);
    return { region, settings: entry, outgoing, incoming, ...(fallback === undefined ? {} : { fallback }) };
  });
}

/** The regions that a rule's archives are replicated to, each once. */
export function archiveRegions(rule: DeployedRule): string[] {
  return [...new Set(rule.destinations.map(({ region }) => region))];
}

/** Whether a rule replicates deletions to the region, which then has a table in which to record them. */
export function remembersDeletions({ incoming }: Pick<RegionPlan, 'incoming'>): boolean {
  return incoming.some(({ destination }) => destination.deletes === 'replicate');
}
