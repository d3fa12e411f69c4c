import type { ReplicationRule } from '../../../configuration/rule.ts';
import { DemoInputError } from '../errors.ts';

/**
 * The rule that the demo runs: the first with one destination, or with `fanOut` the first with several.
 * @throws DemoInputError when the configuration has no such rule
 */
export function chooseRule<R extends ReplicationRule>(rules: readonly R[], fanOut: boolean): R {
  const fits = (rule: R): boolean => (fanOut ? rule.destinations.length > 1 : rule.destinations.length === 1);
  // Files keep their names, so a rule with a suffix would not match all of them.
  const rule = rules.find((candidate) => fits(candidate) && candidate.source.suffix === '');
  if (rule !== undefined) return rule;
  const wanted = fanOut ? 'several destinations' : 'one destination';
  throw new DemoInputError(
    `configuration/replication_config.json has no rule with ${wanted} and without suffix_filter`,
  );
}
