import { decodeCheckpoint } from '../backfill/checkpoint.ts';
import type { CheckpointStore } from '../backfill/dependencies.ts';
import { InvalidCheckpointError } from '../backfill/errors.ts';
import type { DeployedRule, VerifyInterval } from '../configuration/deployed-rule.ts';
import { latenessOf } from './lateness.ts';

/** Reports overdue verifications to the operator. Implementations must not throw. */
export interface OverdueTelemetry {
  /** @param startedAt of the last verification, ISO 8601 */
  verificationOverdue(rule: DeployedRule, every: VerifyInterval, startedAt: string): void;
}

export interface OverdueSearch {
  readonly rules: readonly DeployedRule[];
  /** Opens the checkpoint of a rule's scheduled verifications. */
  readonly checkpointOf: (rule: string) => Pick<CheckpointStore, 'load'>;
  readonly telemetry: OverdueTelemetry;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Finds rules whose schedule has not started a verification in time, for whatever reason: a disabled or deleted
 * schedule causes no failure that could be counted. A rule without a checkpoint may be new, so it is not reported.
 * @throws the first error of the storage port, after all rules were checked
 */
export async function findOverdue({ rules, checkpointOf, telemetry, now }: OverdueSearch): Promise<void> {
  const looks = rules.map(async (rule) => {
    const { id, verify } = rule;
    const text = verify === undefined ? undefined : await checkpointOf(id).load();
    if (verify === undefined || text === undefined) return;
    try {
      const found = decodeCheckpoint(text, 'scheduled-verify', id);
      if (latenessOf(found, verify, now).overdue) telemetry.verificationOverdue(rule, verify, found.startedAt);
    } catch (thrown) {
      // Written by another version: the next verification replaces it.
      if (!(thrown instanceof InvalidCheckpointError)) throw thrown;
    }
  });
  const [failed] = (await Promise.allSettled(looks)).filter((look) => look.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
