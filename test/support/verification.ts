import type { ReplicationRule } from '../../src/configuration/rule.ts';
import type { runVerification } from '../../src/verifying/run-verification.ts';

/** A verification of the whole rule by listings alone, at any speed, that nothing interrupts. */
export function plainVerification(rule: ReplicationRule, dueBefore: number): Parameters<typeof runVerification>[0] {
  return { rule, filter: {}, proof: 'none', oneIn: 1, dueBefore, pace: {}, signal: new AbortController().signal };
}
