import type { RuleStatistics, WeightedUpdate } from '../../adaptive/rule-statistics.ts';
import { probeAttributes, sumAttributes, sumNames } from './statistics-item.ts';
import { UpdateExpression } from './update-expression.ts';

/** Adds one archive: increments sums and replaces the results of probes. Refused when the item has another landmark. */
export function additionOf(update: WeightedUpdate): UpdateExpression {
  const expression = new UpdateExpression();
  expression.add('archives', '1');
  for (const [name, value] of sumAttributes(update)) expression.add(name, value);
  for (const [name, value] of probeAttributes(update)) expression.set(name, value);
  // An item has no landmark before its first rebase.
  if (update.landmark === 0) expression.demandAbsence('landmark');
  else expression.demand('landmark', String(update.landmark));
  return expression;
}

/**
 * New weights for all arms, without those that are forgotten. Refused if an archive was added meanwhile. This is the
 * longest of our expressions: test/unit/aws/dynamodb/statistics-updates.test.ts keeps it below DynamoDB's limit.
 */
export function rebaseOf(current: RuleStatistics, rebased: RuleStatistics): UpdateExpression {
  const expression = new UpdateExpression();
  expression.set('landmark', String(rebased.landmark));
  for (const [name, value] of sumAttributes(rebased)) expression.set(name, value);
  for (const key of current.arms.keys()) {
    if (!rebased.arms.has(key)) for (const name of sumNames(key)) expression.remove(name);
  }
  expression.demand('archives', String(current.archives));
  return expression;
}
