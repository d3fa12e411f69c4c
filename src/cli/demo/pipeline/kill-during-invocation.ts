import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionHost } from '../../../../local-cloud/function-host.ts';

/** Milliseconds after the invocation: enough to start an environment and to be in the middle of a batch. */
const HEAD_START_MILLISECONDS = 700;

/**
 * Kills an environment of the host if the invocation is still running after a while.
 * @returns whether it did
 */
export async function killDuringInvocation(host: FunctionHost, invocation: Promise<unknown>): Promise<boolean> {
  const ended = invocation.then(
    () => true,
    () => true,
  );
  if (await Promise.race([ended, sleep(HEAD_START_MILLISECONDS, false)])) return false;
  return host.killRandomEnvironment();
}
