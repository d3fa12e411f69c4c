import { parseResentKey, regionsOfRule, resendPrefix, ruleOfArchive } from '../configuration/resend-prefix.ts';
import type { ReplicationRule } from '../configuration/rule.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';

/** The keys for resending an archive. */
export interface ResendKeys {
  /** The archive's own key if a new version of it goes only to the failed destination. */
  readonly key: string;
  /** Keys at which the same archive may have been put for other regions. */
  readonly others: readonly string[];
}

/**
 * A new version of an archive at its own key goes to all regions of its rule, and would bring back objects that
 * consumers have deleted there since. So for a rule with several regions it is put under the prefix of the region that
 * it did not reach.
 * @param inboundBucket of a region, by name
 */
export function resendKeys(
  { key, destination }: Pick<ReplicationFailure, 'key' | 'destination'>,
  rules: readonly ReplicationRule[],
  inboundBucket: (region: string) => string,
): ResendKeys {
  const rule = rules.find(({ id }) => id === ruleOfArchive(key));
  const regions = rule === undefined ? [] : regionsOfRule(rule);
  const region = regions.find((candidate) => inboundBucket(candidate) === destination);
  if (region === undefined || regions.length === 1 || parseResentKey(key).region !== undefined)
    return { key, others: [] };
  const others = regions.filter((other) => other !== region).map((other) => `${resendPrefix(other)}${key}`);
  return { key: `${resendPrefix(region)}${key}`, others };
}
