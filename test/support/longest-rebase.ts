import { CONTENT_CLASSES } from '../../src/adaptive/content-class.ts';
import { armKey, MAX_ARMS, NO_STATISTICS, type RuleStatistics } from '../../src/adaptive/rule-statistics.ts';
import { rebaseOf } from '../../src/aws/dynamodb/statistics-updates.ts';
import { LEVELS, STORE_LEVEL } from '../../src/configuration/schema/levels.ts';

/** Bytes of an expression (DynamoDB developer guide, "Expression parameters"). */
const MAX_EXPRESSION_BYTES = 4096;
const SUMS = { archives: 1, bytes: 1, tested: 1, compressed: 1, cpuSeconds: 1 };

/** Bytes of the longest rebase: each class was seen at every level, and the maximum number of arms stays. */
function longestRebase(keptArms: number): number {
  const levels = [
    STORE_LEVEL,
    ...Array.from({ length: LEVELS.maximum - LEVELS.minimum + 1 }, (_, at) => LEVELS.minimum + at),
  ];
  const keys = CONTENT_CLASSES.flatMap((content) => levels.map((level) => armKey(content, level)));
  const statistics = (arms: typeof keys): RuleStatistics => ({
    ...NO_STATISTICS,
    arms: new Map(arms.map((key) => [key, SUMS])),
  });
  const expression = rebaseOf(statistics(keys), statistics(keys.slice(0, keptArms)));
  expression.set('ExpiresAt', '1');
  return Buffer.byteLength(expression.render().UpdateExpression);
}

/** Empty if the longest rebase fits into one expression; otherwise what the author of a new content class must do. */
export function classesOverLimit(): string {
  const bytes = longestRebase(MAX_ARMS);
  if (bytes <= MAX_EXPRESSION_BYTES) return '';
  let fitting = MAX_ARMS;
  while (fitting > 0 && longestRebase(fitting) > MAX_EXPRESSION_BYTES) fitting -= 1;
  return (
    `With ${CONTENT_CLASSES.length} content classes a rebase of a rule's statistics takes ${bytes} bytes, and DynamoDB refuses ` +
    `expressions of more than ${MAX_EXPRESSION_BYTES}. ` +
    (fitting > 0
      ? `Lower MAX_ARMS in src/adaptive/rule-statistics.ts to ${fitting} or less, then follow "Add a content class" in CONTRIBUTING.md.`
      : 'No MAX_ARMS is low enough: removing arms has to be spread over several updates (src/aws/dynamodb/statistics-updates.ts).')
  );
}
