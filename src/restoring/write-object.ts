import type { Destination } from '../configuration/rule.ts';
import { WriteConditionError } from '../storage/errors.ts';
import type { WrittenVersion } from '../storage/object-store.ts';
import { needsTags } from '../storage/provenance.ts';
import { type ConditionalWrite, decideWrite, type ExistingObject, WRITE_IF_ABSENT } from './decide-write.ts';
import { wasDeletedHere } from './deletions/deleted-here.ts';
import { findConsumerChange } from './deletions/left-to-consumers.ts';
import type { RestoreRun } from './dependencies.ts';
import { putAsPart } from './put-as-part.ts';
import { locationAt, lostStorageClass, type RestorableObject } from './restorable-object.ts';
import { mayLackTags, planWrite, writeLaterTags } from './split-write.ts';
import type { RestoreSkipReason } from './telemetry.ts';

/** Each lost race means that another writer wrote the key in between; five in a row are a reason to try later. */
const MAX_ATTEMPTS = 5;

/** A pending write of an object to one destination, and what is known about its key. */
export interface DueWrite {
  readonly destination: Destination;
  readonly decision: ConditionalWrite;
  /** The key is still unknown; `decision` assumes that it is new. */
  readonly isUnchecked?: boolean;
}

/** `overwritten`: restored over something that existed. */
export type WriteResult = 'restored' | 'overwritten' | RestoreSkipReason;

type WritingRun = Pick<RestoreRun, 'store' | 'signal' | 'telemetry' | 'repeatedSince' | 'now' | 'removals'>;

/** The pending or completed action for a key. */
export type WriteStep = ConditionalWrite | { readonly kind: 'settled'; readonly result: WriteResult };

/**
 * Checks the key and decides: one request, and another for the tags if only they can say whose it is, or whether they
 * are complete. If only the tags are missing, it puts them.
 */
export async function headAndDecide(
  object: RestorableObject,
  destination: Destination,
  run: WritingRun,
): Promise<WriteStep> {
  const location = locationAt(object, destination);
  let existing = await lookAt(object, destination, run);
  if (await findConsumerChange(object, existing, location, destination, run)) {
    await run.removals?.noteRemoval(object);
    existing = await lookAt(object, destination, run);
    const change = await findConsumerChange(object, existing, location, destination, run);
    if (change !== undefined) {
      run.removals?.leave(object, destination, change.found);
      return { kind: 'settled', result: change.reason };
    }
  }
  if (existing === undefined && (await wasDeletedHere(object, location, run))) {
    return { kind: 'settled', result: 'deleted-at-target' };
  }
  const decision = decideWrite(object, existing, location, destination.onConflict);
  if (decision.kind === 'write') return decision;
  if (decision.kind === 'skip') return { kind: 'settled', result: decision.reason };
  await writeLaterTags(object, destination, decision.version, run);
  reportUnexpectedWrite(object, destination, { isConflict: false }, run);
  return { kind: 'settled', result: 'restored' };
}

/** Reports anything unexpected about a write. */
export function reportUnexpectedWrite(
  object: RestorableObject,
  destination: Destination,
  { isConflict }: Pick<ConditionalWrite, 'isConflict'>,
  { telemetry }: Pick<RestoreRun, 'telemetry'>,
): void {
  const location = locationAt(object, destination);
  if (isConflict) telemetry.conflictOverwritten(location);
  const lost = lostStorageClass(object, destination);
  if (lost !== undefined) telemetry.storageClassReplaced(location, lost);
}

async function lookAt(
  object: RestorableObject,
  destination: Destination,
  { store, signal }: Pick<RestoreRun, 'store' | 'signal'>,
): Promise<ExistingObject | undefined> {
  const location = locationAt(object, destination);
  const existing = await store.head(location, signal);
  if (existing === undefined) return undefined;
  if (!needsTags(existing, location) && !mayLackTags(existing, object, destination)) return existing;
  const { tags, versionId } = await store.readTags(location, signal);
  if (versionId === undefined || existing.versionId === undefined || versionId === existing.versionId) {
    return { ...existing, tags };
  }
  const { bucket, key } = location;
  throw new WriteConditionError(`s3://${bucket}/${key} was overwritten while its tags were being read`, {
    context: { bucket, key },
  });
}

/**
 * Writes a whole object in one conditional PUT, or as a single part if its ETag would not change, and repeats that as
 * long as the key changes in between. `run.keys` decides whether it first checks an unknown key.
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
  const write = (decision: WriteStep, tell?: (didExist: boolean) => void): Promise<WriteResult> =>
    writeAsDecided(object, body, crc32, { destination, decision, tell }, run);
  if (due.isUnchecked !== true) return write(due.decision);
  return run.keys.write(destination, locationAt(object, destination), async (shouldLookFirst, tell) => {
    if (!shouldLookFirst) return write(due.decision, tell);
    const decision = await headAndDecide(object, destination, run);
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
    readonly decision: WriteStep;
    /** Called after the first response, with whether the key existed. */
    readonly tell: ((didExist: boolean) => void) | undefined;
  },
  run: WritingRun,
): Promise<WriteResult> {
  const { target, laterTags } = planWrite(object, due.destination);
  let { decision } = due;
  for (let attempt = 1; ; attempt += 1) {
    if (decision.kind === 'settled') return decision.result;
    const request = { ...target, body, crc32, condition: decision.condition, signal: run.signal };
    const written = await unlessChanged(
      decision.hasSameBytes === true ? putAsPart(request, run) : run.store.put(request),
      attempt,
    );
    if (attempt === 1) due.tell?.(written === undefined);
    if (written !== undefined) {
      if (laterTags !== undefined) await writeLaterTags(object, due.destination, written, run);
      reportUnexpectedWrite(object, due.destination, decision, run);
      return writtenUnder(decision);
    }
    decision = await headAndDecide(object, due.destination, run);
  }
}

/** undefined if the key changed and the write may be retried. */
async function unlessChanged(writing: Promise<WrittenVersion>, attempt: number): Promise<WrittenVersion | undefined> {
  try {
    return await writing;
  } catch (error) {
    if (!(error instanceof WriteConditionError) || attempt === MAX_ATTEMPTS) throw error;
    return undefined;
  }
}

/** The kind of a write that succeeded under this condition. */
export function writtenUnder({ condition }: ConditionalWrite): 'restored' | 'overwritten' {
  return condition.kind === 'matches' ? 'overwritten' : 'restored';
}
