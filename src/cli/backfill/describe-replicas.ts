import type { DeployedRule } from '../../configuration/deployed-rule.ts';

/**
 * Describes objects that a backfill queues needlessly: those that another rule restored into the source of this one. A
 * listing cannot distinguish them, so packing reads each one and skips it.
 * @returns undefined if there can be none, or if the rule also replicates them
 */
export function describeReplicas(rule: DeployedRule, rules: readonly DeployedRule[]): string | undefined {
  if (rule.source.chain) return undefined;
  const { region, bucket, prefix } = rule.source;
  const into = rules.filter(({ source, destinations }) =>
    destinations.some((destination) => {
      const restored = `${destination.targetPrefix ?? ''}${source.prefix}`;
      const isOverlapping = restored.startsWith(prefix) || prefix.startsWith(restored);
      return destination.region === region && destination.bucket === bucket && isOverlapping;
    }),
  );
  if (into.length === 0) return undefined;
  const names = into.map(({ id }) => id).join(', ');
  return `s3://${bucket} also receives objects from ${names}. A listing does not show which ones: they are queued, but skipped when they are packed, because the rule has no "chain". --missing does not queue them.`;
}
