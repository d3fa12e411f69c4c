import { decodeCheckpoint } from '../../backfill/checkpoint.ts';
import type { DeployedRule, VerifyInterval } from '../../configuration/deployed-rule.ts';
import { countFaults } from '../../verifying/count-faults.ts';
import { noVerificationCounts } from '../../verifying/dependencies.ts';

/** The result of a rule's scheduled verification. */
export interface VerificationStatus {
  readonly every: VerifyInterval;
  /** ISO 8601; absent: it was not verified within the last 15 days. */
  readonly startedAt?: string;
  /** It is not finished: either in progress or failed. */
  readonly unfinished?: true;
  /** Keys. */
  readonly compared: number;
  readonly missing: number;
  readonly older: number;
  readonly different: number;
  /** Written or edited by others. */
  readonly foreign: number;
  /** The part of these that violates the rule. */
  readonly faults: number;
}

/**
 * Reads the checkpoint of the last scheduled verification.
 * @param text of the checkpoint; undefined: there is none
 * @throws InvalidCheckpointError
 */
export function describeVerification(
  rule: DeployedRule,
  every: VerifyInterval,
  text: string | undefined,
): VerificationStatus {
  const found = text === undefined ? undefined : decodeCheckpoint(text, 'scheduled-verify', rule.id);
  const counts = { ...noVerificationCounts(), ...found?.counts };
  const { compared, missing, older, different, foreign } = counts;
  return {
    every,
    ...(found === undefined ? {} : { startedAt: found.startedAt }),
    ...(found?.finished === false ? { unfinished: true as const } : {}),
    compared,
    missing,
    older,
    different,
    foreign,
    faults: countFaults(counts, rule),
  };
}
