import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { readDueBasis } from '../../verifying/due-time.ts';
import type { MetricReader } from '../../watermark/dependencies.ts';
import { formatAge } from '../command/age.ts';

/** From when on objects need not have arrived, and why, for people. */
export interface DueTime {
  /** Milliseconds since 1970. */
  readonly dueBefore: number;
  readonly reason: string;
}

/**
 * What is due by the rule's watermarks, or by its objective, or as the user says.
 * @param age what the user says in their place, in seconds
 * @param now milliseconds since 1970
 */
export async function findDueTime(
  rule: DeployedRule,
  { age, namespace }: { readonly age: number | undefined; readonly namespace: string },
  metrics: MetricReader,
  now: number,
): Promise<DueTime> {
  if (age !== undefined)
    return { dueBefore: now - 1000 * age, reason: `younger than ${formatAge(age)}, as --not-due says` };
  const { dueBefore, region, unknown } = await readDueBasis(rule, namespace, metrics, now);
  const reason =
    unknown === undefined
      ? `younger than the watermark of ${region}, ${formatAge((now - dueBefore) / 1000)}`
      : `younger than the rule's objective, ${formatAge(rule.objectiveSeconds)}: no watermark is known, ${unknown}`;
  return { dueBefore, reason };
}
