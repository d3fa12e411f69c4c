import pLimit from 'p-limit';
import { raceAbort } from '../command/race-abort.ts';
import type { Check, CheckContext, CheckGroup } from './check.ts';
import { describeUnchecked } from './describe-unchecked.ts';
import { type Diagnosis, notChecked } from './diagnosis.ts';
import type { GroupDiagnoses } from './render-diagnoses.ts';

/** Concurrent checks: enough to wait for many regions at once, but too few to be throttled. */
const MAX_CONCURRENT_CHECKS = 24;

export interface ChecksOptions {
  readonly signal: AbortSignal;
  /** A signal that aborts when the time of a check is over. */
  readonly timeLimit: () => AbortSignal;
  /** Called with the number of finished checks after each. */
  readonly onDone: (done: number, all: number) => void;
}

/**
 * Runs checks concurrently. Each has a time limit: a check that does not finish, or fails, becomes a finding that says
 * so, and does not delay others.
 * @returns the findings of each check, in the order of the checks
 * @throws the reason of `signal` when that aborts
 */
export async function runChecks(
  checks: readonly Check[],
  { signal, timeLimit, onDone }: ChecksOptions,
): Promise<readonly (readonly Diagnosis[])[]> {
  const limit = pLimit(MAX_CONCURRENT_CHECKS);
  let done = 0;
  const findings = await limit.map(checks, async (check) => {
    if (signal.aborted) return [];
    const found = await runCheck(check, signal, timeLimit());
    done += 1;
    onDone(done, checks.length);
    return found;
  });
  signal.throwIfAborted();
  return findings;
}

async function runCheck(check: Check, interrupted: AbortSignal, timeUp: AbortSignal): Promise<readonly Diagnosis[]> {
  const signal = AbortSignal.any([interrupted, timeUp]);
  try {
    return await raceAbort(check.run(signal), signal);
  } catch (thrown) {
    if (timeUp.aborted)
      return [{ ...notChecked(check.subject, 'Could not be checked in time: no answer.'), isLate: true }];
    return [notChecked(check.subject, describeUnchecked(thrown, check.takes))];
  }
}

/** All checks of all groups at once. @throws the reason of `signal` when that aborts */
export async function runGroups(
  groups: readonly CheckGroup[],
  context: CheckContext,
  options: ChecksOptions,
): Promise<GroupDiagnoses[]> {
  const checks = groups.map((group) => group.checksOf(context));
  const found = [...(await runChecks(checks.flat(), options))];
  return groups.map(({ name, title }, index) => ({
    name,
    title,
    findings: found.splice(0, checks[index]?.length ?? 0).flat(),
  }));
}
