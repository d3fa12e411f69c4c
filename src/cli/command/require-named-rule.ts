import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { UsageError } from './errors.ts';

/**
 * The rule that an argument names: by its id, a prefix of its id, or its bucket if that has only one rule.
 * @throws UsageError that lists the rules
 */
export function requireNamedRule(rules: readonly DeployedRule[], name: string): DeployedRule {
  const exact = rules.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const found = rules.filter(({ id, source }) => id.startsWith(name) || source.bucket === name);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const known = (found.length === 0 ? rules : found).map(({ id }) => id).join(', ');
  throw new UsageError(
    `${found.length === 0 ? 'no rule' : 'more than one rule'} matches "${name}"; choose from ${known}`,
  );
}
