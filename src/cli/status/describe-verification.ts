import { decodeCheckpoint } from '../../backfill/checkpoint.ts';
import type { DeployedRule, VerifyInterval } from '../../configuration/deployed-rule.ts';
import { countFaults } from '../../verifying/count-faults.ts';
import { noVerificationCounts, type VerificationCounts } from '../../verifying/dependencies.ts';
import { latenessOf, type VerificationLateness } from '../../verifying/lateness.ts';

type ShownCounts = Pick<
  VerificationCounts,
  'compared' | 'missing' | 'older' | 'different' | 'foreign' | 'unreadable' | 'unreplicable'
>;

/** The result of a rule's scheduled verification. */
export interface VerificationStatus extends VerificationLateness, Readonly<ShownCounts> {
  readonly every: VerifyInterval;
  /** ISO 8601; absent: it was not verified within the last 15 days. */
  readonly startedAt?: string;
  /** The part of these that violates the rule. */
  readonly faults: number;
}

/**
 * Reads the checkpoint of the last scheduled verification.
 * @param text of the checkpoint; undefined: there is none
 * @param now milliseconds since 1970
 * @throws InvalidCheckpointError
 */
export function describeVerification(
  rule: DeployedRule,
  every: VerifyInterval,
  text: string | undefined,
  now: number,
): VerificationStatus {
  const found = text === undefined ? undefined : decodeCheckpoint(text, 'scheduled-verify', rule.id);
  const counts = { ...noVerificationCounts(), ...found?.counts };
  const { compared, missing, older, different, foreign, unreadable, unreplicable } = counts;
  return {
    every,
    ...(found === undefined ? {} : { startedAt: found.startedAt }),
    ...(found === undefined ? {} : latenessOf(found, every, now)),
    compared,
    missing,
    older,
    different,
    foreign,
    unreadable,
    unreplicable,
    faults: countFaults(counts, rule),
  };
}
