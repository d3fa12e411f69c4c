import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { readDueBasis } from '../../verifying/due-basis.ts';
import type { MetricReader } from '../../watermark/dependencies.ts';
import { formatAge } from '../command/age.ts';

/** Objects written from this time on need not have arrived yet; with the reason as text. */
export interface DueTime {
  /** Milliseconds since 1970. */
  readonly dueBefore: number;
  readonly reason: string;
}

/**
 * The due time by the rule's watermarks, or by its objective, or as set by the user.
 * @param age set by the user instead, in seconds
 * @param now milliseconds since 1970
 */
export async function findDueTime(
  rule: DeployedRule,
  { age, namespace }: { readonly age: number | undefined; readonly namespace: string },
  metrics: MetricReader,
  now: number,
): Promise<DueTime> {
  if (age !== undefined) return { dueBefore: now - 1000 * age, reason: `younger than ${formatAge(age)} (--not-due)` };
  const { dueBefore, region, unknown } = await readDueBasis(rule, namespace, metrics, now);
  const reason =
    unknown === undefined
      ? `younger than the watermark of ${region}, ${formatAge((now - dueBefore) / 1000)}`
      : `younger than the rule's objective, ${formatAge(rule.objectiveSeconds)}, because the watermark is unknown: ${unknown}`;
  return { dueBefore, reason };
}
