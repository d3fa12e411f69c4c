import type { Checkpoint } from '../backfill/checkpoint.ts';
import type { VerifyInterval } from '../configuration/deployed-rule.ts';
import { VERIFICATION_LEASE_MS } from './verify-on-schedule.ts';

const DAY_MS = 24 * 3_600_000;
/** Days after its start at which the next verification is late. A schedule starts it at the same minute each time. */
const MAX_AGE_DAYS: Readonly<Record<VerifyInterval, number>> = { daily: 2, weekly: 8 };

/** How a scheduled verification deviates from its schedule. */
export interface VerificationLateness {
  /** It is not finished: either in progress or failed. */
  readonly unfinished?: true;
  /** Unfinished, and not in progress either. */
  readonly stopped?: true;
  /** The schedule should have started another one since. */
  readonly overdue?: true;
}

/** @param now milliseconds since 1970 */
export function latenessOf(
  { startedAt, savedAt, finished }: Checkpoint,
  every: VerifyInterval,
  now: number,
): VerificationLateness {
  const isInProgress = !finished && now - Date.parse(savedAt) < VERIFICATION_LEASE_MS;
  const isOld = now - Date.parse(startedAt) > MAX_AGE_DAYS[every] * DAY_MS;
  return {
    ...(finished ? {} : { unfinished: true as const }),
    ...(finished || isInProgress ? {} : { stopped: true as const }),
    // One of a billion keys may take days.
    ...(isOld && !isInProgress ? { overdue: true as const } : {}),
  };
}
