import { type Checkpoint, decodeCheckpoint } from '../../backfill/checkpoint.ts';
import type { DeployedRule, VerifyInterval } from '../../configuration/deployed-rule.ts';
import { countFaults } from '../../verifying/count-faults.ts';
import { noVerificationCounts } from '../../verifying/dependencies.ts';
import { VERIFICATION_LEASE_MS } from '../../verifying/verify-on-schedule.ts';

const DAY_MS = 24 * 3_600_000;
/** After the start of one, the next one is late. The clocks start at the same minute each time. */
const MAX_AGE_DAYS: Readonly<Record<VerifyInterval, number>> = { daily: 2, weekly: 8 };

/** The result of a rule's scheduled verification. */
export interface VerificationStatus {
  readonly every: VerifyInterval;
  /** ISO 8601; absent: it was not verified within the last 15 days. */
  readonly startedAt?: string;
  /** It is not finished: either in progress or failed. */
  readonly unfinished?: true;
  /** Unfinished, and not in progress either. */
  readonly stopped?: true;
  /** The clock should have started another one since. */
  readonly overdue?: true;
  /** Keys. */
  readonly compared: number;
  readonly missing: number;
  readonly older: number;
  readonly different: number;
  /** Written or edited by others. */
  readonly foreign: number;
  /** Copies that S3 refused to show. */
  readonly unreadable: number;
  /** Objects that nobody can read at the source; not a fault of the rule. */
  readonly unreplicable: number;
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
    ...(found === undefined ? {} : timesOf(found, every, now)),
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

function timesOf(
  { startedAt, savedAt, finished }: Checkpoint,
  every: VerifyInterval,
  now: number,
): Pick<VerificationStatus, 'unfinished' | 'stopped' | 'overdue'> {
  const isInProgress = !finished && now - Date.parse(savedAt) < VERIFICATION_LEASE_MS;
  const isOld = now - Date.parse(startedAt) > MAX_AGE_DAYS[every] * DAY_MS;
  return {
    ...(finished ? {} : { unfinished: true as const }),
    ...(finished || isInProgress ? {} : { stopped: true as const }),
    // One of a billion keys may take days.
    ...(isOld && !isInProgress ? { overdue: true as const } : {}),
  };
}
