import type { Destination } from '../configuration/rule.ts';
import { WriteConditionError } from '../storage/errors.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import {
  type ConditionalWrite,
  decideWrite,
  type ExistingObject,
  needsTags,
  WRITE_IF_ABSENT,
  type WriteDecision,
} from './decide-write.ts';
import type { RestoreRun } from './dependencies.ts';
import { locationAt, lostStorageClass, type RestorableObject, writeTarget } from './restorable-object.ts';
import type { RestoreSkipReason } from './telemetry.ts';

/** Each lost race means that somebody else wrote the key in between; five in a row are worth a later attempt. */
const MAX_ATTEMPTS = 5;

/** An object that is still to be written to one destination, and what is known of its key. */
export interface DueWrite {
  readonly destination: Destination;
  readonly decision: ConditionalWrite;
  /** Nobody has looked at the key yet; `decision` takes it for new. */
  readonly isUnseen?: boolean;
}

/** `overwritten`: restored over something that existed. */
export type WriteResult = 'restored' | 'overwritten' | RestoreSkipReason;

/** Looks at the key and decides: one request, and one for the tags where only they can have the stamp. */
export async function lookAndDecide(
  object: RestorableObject,
  destination: Destination,
  run: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<WriteDecision> {
  const location = locationAt(object, destination);
  const existing = await lookAt(location, run);
  return decideWrite(object, existing, location, destination.onConflict);
}

type WritingRun = Pick<RestoreRun, 'store' | 'signal' | 'telemetry'>;

/** Tells of a write what is not as its owner may expect. */
export function tellWritten(
  object: RestorableObject,
  destination: Destination,
  { conflict }: ConditionalWrite,
  { telemetry }: Pick<RestoreRun, 'telemetry'>,
): void {
  const location = locationAt(object, destination);
  if (conflict) telemetry.conflictOverwritten(location);
  const lost = lostStorageClass(object, destination);
  if (lost !== undefined) telemetry.storageClassReplaced(location, lost);
}

async function lookAt(
  location: ObjectLocation,
  { store, signal }: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<ExistingObject | undefined> {
  const existing = await store.head(location, signal);
  if (existing === undefined || !needsTags(existing, location)) return existing;
  const { tags, versionId } = await store.readTags(location, signal);
  if (versionId === undefined || existing.versionId === undefined || versionId === existing.versionId) {
    return { ...existing, tags };
  }
  const { bucket, key } = location;
  throw new WriteConditionError(`s3://${bucket}/${key} was overwritten while its tags were read`, {
    context: { bucket, key },
  });
}

/**
 * Writes a whole object in one conditional PUT, and again for as long as the key changes under it. Whether it looks at an
 * unseen key first is for `run.keys` to say.
 * @param crc32 of `body`; S3 refuses other bytes
 * @throws WriteConditionError after five lost races, and the errors of the storage port
 */
export async function writeObject(
  object: RestorableObject,
  body: Uint8Array,
  crc32: number,
  due: DueWrite,
  run: WritingRun & Pick<RestoreRun, 'keys'>,
): Promise<WriteResult> {
  const { destination } = due;
  const write = (decision: WriteDecision, tell?: (existed: boolean) => void): Promise<WriteResult> =>
    writeAsDecided(object, body, crc32, { destination, decision, tell }, run);
  if (due.isUnseen !== true) return write(due.decision);
  return run.keys.write(destination, locationAt(object, destination), async (looksFirst, tell) => {
    if (!looksFirst) return write(due.decision, tell);
    const decision = await lookAndDecide(object, destination, run);
    tell(decision !== WRITE_IF_ABSENT);
    return write(decision);
  });
}

async function writeAsDecided(
  object: RestorableObject,
  body: Uint8Array,
  crc32: number,
  due: {
    readonly destination: Destination;
    readonly decision: WriteDecision;
    /** Told by the first answer. */
    readonly tell: ((existed: boolean) => void) | undefined;
  },
  run: WritingRun,
): Promise<WriteResult> {
  const target = writeTarget(object, due.destination);
  let { decision } = due;
  for (let attempt = 1; ; attempt += 1) {
    if (decision.kind === 'skip') return decision.reason;
    try {
      await run.store.put({ ...target, body, crc32, condition: decision.condition, signal: run.signal });
      tellWritten(object, due.destination, decision, run);
      if (attempt === 1) due.tell?.(false);
      return writtenUnder(decision);
    } catch (error) {
      if (!(error instanceof WriteConditionError) || attempt === MAX_ATTEMPTS) throw error;
      if (attempt === 1) due.tell?.(true);
    }
    decision = await lookAndDecide(object, due.destination, run);
  }
}

/** What a write was that succeeded under this condition. */
export function writtenUnder({ condition }: ConditionalWrite): 'restored' | 'overwritten' {
  return condition.kind === 'matches' ? 'overwritten' : 'restored';
}
