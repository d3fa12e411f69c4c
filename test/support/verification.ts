import type { ReplicationRule } from '../../src/configuration/rule.ts';
import type { runVerification } from '../../src/verifying/run-verification.ts';

/** An uninterrupted verification of a complete rule, from listings only, without a rate limit. */
export function plainVerification(rule: ReplicationRule, dueBefore: number): Parameters<typeof runVerification>[0] {
  return { rule, filter: {}, proof: 'none', oneIn: 1, dueBefore, pace: {}, signal: new AbortController().signal };
}
