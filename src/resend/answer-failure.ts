import type { MessageOutcome } from '../messages/outcome.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import { ObjectNotFoundError } from '../storage/errors.ts';
import type { WriteCondition } from '../storage/object-store.ts';
import type { ObjectDescription } from '../storage/stored-object.ts';
import { keptRecordOf, resendsOf, withKeptRecord, withResends } from './archive-metadata.ts';
import { CLEANUP_DELAY_SECONDS, decideCleanup } from './decide-cleanup.ts';
import { decideResend } from './decide-resend.ts';
import type { ResendRun } from './dependencies.ts';
import { FailureForeignError } from './errors.ts';
import { keptKey } from './kept-key.ts';

const DONE: MessageOutcome = { kind: 'done' };
const LOOK_AGAIN: MessageOutcome = { kind: 'later', seconds: CLEANUP_DELAY_SECONDS };

/**
 * Does what `decideResend` says about one failed replication.
 * @param mayWait see there
 * @throws FailureForeignError and what the storage throws
 */
export async function answerFailure(
  failure: ReplicationFailure,
  mayWait: boolean,
  run: ResendRun,
): Promise<MessageOutcome> {
  const { store, telemetry, limits, signal } = run;
  refuseForeign(failure, run);
  const [failed, current] = await Promise.all([store.describeVersion(failure, signal), store.head(failure, signal)]);
  const decision = decideResend(
    {
      resends: failed && resendsOf(failed.metadata),
      versionId: failure.versionId,
      currentVersionId: current?.versionId,
      secondsSinceFailure: (run.now() - failure.eventTime) / 1000,
      mayWait,
    },
    limits,
  );
  if (decision.kind === 'superseded') return cleanUp(failure, { failed, current, mayWait }, run);
  if (failed === undefined || decision.kind === 'gone') {
    // Deleted after it was kept, when the same failure, or that of another destination, was told of once more.
    if (await isKept(failure, failure.versionId, run)) telemetry.failureSkipped(failure, 'kept-before');
    else telemetry.archiveGone(failure);
    return DONE;
  }
  switch (decision.kind) {
    case 'wait':
      return { kind: 'later', seconds: decision.seconds };
    case 'resend':
    case 'give-up':
      try {
        if (await wasKeptSince(failure, run)) return await dropKept(failure, failed, run);
        if (decision.kind === 'give-up') return await keep(failure, failed, mayWait, run);
        return await putAgain(failure, { failed, current, attempt: decision.attempt, mayWait }, run);
      } catch (thrown) {
        // The version went in between.
        if (!(thrown instanceof ObjectNotFoundError)) throw thrown;
        telemetry.archiveGone(failure);
        return DONE;
      }
  }
}

interface Superseded {
  readonly failed: ObjectDescription | undefined;
  readonly current: ObjectDescription | undefined;
  readonly mayWait: boolean;
}

/** Of a version that has a successor. */
async function cleanUp(
  failure: ReplicationFailure,
  { failed, current, mayWait }: Superseded,
  run: ResendRun,
): Promise<MessageOutcome> {
  const successorStatus = current?.replicationStatus;
  const successorKept = successorStatus === 'FAILED' && (await isKept(failure, current?.versionId, run));
  const decision = failed === undefined ? 'leave' : decideCleanup({ successorStatus, successorKept, mayWait });
  if (decision === 'wait') return LOOK_AGAIN;
  if (decision === 'delete') await removeFailed(failure, run);
  else run.telemetry.failureSkipped(failure, 'superseded');
  return DONE;
}

async function removeFailed(failure: ReplicationFailure, { store, telemetry }: ResendRun): Promise<void> {
  await store.removeVersion(failure);
  telemetry.failedVersionDeleted(failure);
}

/**
 * Whether a later version is kept by now. When that was deleted from here, this one came to be at the key again, and would be
 * put again for nothing.
 */
async function wasKeptSince({ key, versionId, eventTime }: ReplicationFailure, run: ResendRun): Promise<boolean> {
  const kept = await run.store.head({ bucket: run.failedBucket, key: keptKey(key) }, run.signal);
  const record = keptRecordOf(kept?.metadata ?? {});
  return record !== undefined && record.versionId !== versionId && Date.parse(record.keptAt) > eventTime;
}

/** What is kept already needs no failed version. */
async function dropKept(
  failure: ReplicationFailure,
  failed: ObjectDescription,
  run: ResendRun,
): Promise<MessageOutcome> {
  if (isTracked(failed)) await removeFailed(failure, run);
  else run.telemetry.failureSkipped(failure, 'kept-before');
  return DONE;
}

/** Whether what is kept of the archive is a copy of this version. */
async function isKept(
  { key }: ReplicationFailure,
  versionId: string | undefined,
  { store, failedBucket, signal }: ResendRun,
): Promise<boolean> {
  const kept = await store.head({ bucket: failedBucket, key: keptKey(key) }, signal);
  return versionId !== undefined && keptRecordOf(kept?.metadata ?? {})?.versionId === versionId;
}

interface Attempt {
  readonly failed: ObjectDescription;
  readonly current: ObjectDescription | undefined;
  readonly attempt: number;
  readonly mayWait: boolean;
}

/** A new version of the same key, which S3 replicates to all destinations of its rule anew. */
async function putAgain(
  failure: ReplicationFailure,
  { failed, current, attempt, mayWait }: Attempt,
  { store, telemetry, signal }: ResendRun,
): Promise<MessageOutcome> {
  // Of two runs with the same event one wins; the other comes back and finds the event superseded.
  const condition: WriteCondition =
    current === undefined ? { kind: 'absent' } : { kind: 'matches', etag: current.etag };
  await store.copy({
    bucket: failure.bucket,
    key: failure.key,
    ...carriedOver(failed),
    metadata: withResends(failed.metadata, attempt),
    source: sourceOf(failure, failed),
    condition,
    signal,
  });
  telemetry.archiveResent(failure, attempt);
  // The failed version is deleted when the new one has arrived.
  return mayWait && isTracked(failed) ? LOOK_AGAIN : DONE;
}

/** Whether S3 says how far the replication of a version is. */
function isTracked({ replicationStatus }: ObjectDescription): boolean {
  return replicationStatus === 'FAILED' || replicationStatus === 'PENDING';
}

/** Copies the archive to where nothing expires, once a version; each destination that it missed is noted on it. */
async function keep(
  failure: ReplicationFailure,
  failed: ObjectDescription,
  mayWait: boolean,
  run: ResendRun,
): Promise<MessageOutcome> {
  const { store, telemetry, signal } = run;
  const { versionId, destination, reason } = failure;
  const kept = { bucket: run.failedBucket, key: keptKey(failure.key) };
  const present = await store.head(kept, signal);
  const record = keptRecordOf(present?.metadata ?? {});
  const before = record?.versionId === versionId ? record.failures : [];
  if (before.some((known) => known.destination === destination)) {
    // By now the failures of its other destinations are noted, too, which needed it to copy.
    return dropKept(failure, failed, run);
  }
  const failures = [...before, { destination, reason }];
  // Before the copy: its answer may be lost, or this process end, and whoever comes next finds it kept and has nothing to tell.
  telemetry.archiveGivenUp(failure, kept);
  await store.copy({
    ...kept,
    ...carriedOver(failed),
    metadata: withKeptRecord(failed.metadata, { versionId, failures, keptAt: new Date(run.now()).toISOString() }),
    source: sourceOf(failure, failed),
    // What another run notes at the same time must not be lost.
    condition: present === undefined ? { kind: 'absent' } : { kind: 'matches', etag: present.etag },
    signal,
  });
  return mayWait && isTracked(failed) ? LOOK_AGAIN : DONE;
}

function carriedOver({ headers }: ObjectDescription) {
  return { headers, tags: [] };
}

function sourceOf({ bucket, key, versionId }: ReplicationFailure, { etag, size, crc32 }: ObjectDescription) {
  return { bucket, key, versionId, etag, size, crc32 };
}

function refuseForeign({ bucket, key }: ReplicationFailure, { outboundBucket }: ResendRun): void {
  if (bucket === outboundBucket) return;
  throw new FailureForeignError(
    `The failed replication is of s3://${bucket}/${key}; this queue is for archives of bucket "${outboundBucket}" only`,
    { context: { bucket, key, expected: outboundBucket } },
  );
}
