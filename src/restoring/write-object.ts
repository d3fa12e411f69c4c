import type { Destination } from '../configuration/rule.ts';
import { WriteConditionError } from '../storage/errors.ts';
import { type ConditionalWrite, decideWrite, type WriteDecision } from './decide-write.ts';
import type { RestoreRun } from './dependencies.ts';
import { locationAt, type RestorableObject, writeTarget } from './restorable-object.ts';
import type { RestoreSkipReason } from './telemetry.ts';

/** Each lost race means that somebody else wrote the key in between; five in a row are worth a later attempt. */
const MAX_ATTEMPTS = 5;

/** An object that is still to be written to one destination, and what is known of its key. */
export interface DueWrite {
  readonly destination: Destination;
  readonly decision: ConditionalWrite;
}

export type WriteResult = 'restored' | RestoreSkipReason;

/** Looks at the key and decides. */
export async function lookAndDecide(
  object: RestorableObject,
  destination: Destination,
  run: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<WriteDecision> {
  const location = locationAt(object, destination);
  const existing = await run.store.head(location, run.signal);
  return decideWrite(object, existing, location, destination.onConflict);
}

/**
 * Writes a whole object in one conditional PUT, and again for as long as the key changes under it.
 * @param crc32 of `body`; S3 refuses other bytes
 * @throws WriteConditionError after five lost races, and the errors of the storage port
 */
export async function writeObject(
  object: RestorableObject,
  body: Uint8Array,
  crc32: number,
  due: DueWrite,
  run: Pick<RestoreRun, 'store' | 'signal' | 'telemetry'>,
): Promise<WriteResult> {
  const target = writeTarget(object, due.destination);
  let decision: WriteDecision = due.decision;
  for (let attempt = 1; ; attempt += 1) {
    if (decision.kind === 'skip') return decision.reason;
    try {
      await run.store.put({ ...target, body, crc32, condition: decision.condition, signal: run.signal });
      if (decision.conflict) run.telemetry.conflictOverwritten(locationAt(object, due.destination));
      return 'restored';
    } catch (error) {
      if (!(error instanceof WriteConditionError) || attempt === MAX_ATTEMPTS) throw error;
    }
    decision = await lookAndDecide(object, due.destination, run);
  }
}
