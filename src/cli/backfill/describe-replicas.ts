import type { DeployedRule } from '../../configuration/deployed-rule.ts';

/**
 * What a backfill queues for nothing: objects that another rule restored where this one begins. No listing tells them from others, so
 * that packing reads each and leaves it out.
 * @returns undefined where there can be none, or where the rule replicates them, too
 */
export function describeReplicas(rule: DeployedRule, rules: readonly DeployedRule[]): string | undefined {
  if (rule.source.chain) return undefined;
  const { region, bucket, prefix } = rule.source;
  const into = rules.filter(({ source, destinations }) =>
    destinations.some((destination) => {
      const restored = `${destination.targetPrefix ?? ''}${source.prefix}`;
      const overlaps = restored.startsWith(prefix) || prefix.startsWith(restored);
      return destination.region === region && destination.bucket === bucket && overlaps;
    }),
  );
  if (into.length === 0) return undefined;
  const names = into.map(({ id }) => id).join(', ');
  return `s3://${bucket} also receives objects from ${names}. A listing does not show which: they are queued, and skipped when they are packed, because the rule has no "chain". --missing does not queue them.`;
}
