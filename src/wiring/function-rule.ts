import { InvalidEnvironmentError } from '../configuration/errors.ts';
import type { ReplicationRule } from '../configuration/rule.ts';

/**
 * The rule that a source function works for, by the id and the region in its environment.
 * @throws InvalidEnvironmentError that names the rules of the region
 */
export function requireRule(
  rules: readonly ReplicationRule[],
  { RULE_ID, AWS_REGION }: { readonly RULE_ID: string; readonly AWS_REGION: string },
): ReplicationRule {
  const ofRegion = rules.filter(({ source }) => source.region === AWS_REGION);
  const rule = ofRegion.find(({ id }) => id === RULE_ID);
  if (rule !== undefined) return rule;
  const known = ofRegion.length === 0 ? 'none' : ofRegion.map(({ id }) => id).join(', ');
  throw new InvalidEnvironmentError(
    `RULE_ID "${RULE_ID}" is not a rule of ${AWS_REGION} in the configuration (which has: ${known}). Deploy again after changing it.`,
    { context: { rule: RULE_ID, region: AWS_REGION } },
  );
}
