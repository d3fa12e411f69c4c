import type { MessageOutcome } from '../messages/outcome.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import { ObjectNotFoundError } from '../storage/errors.ts';
import type { WriteCondition } from '../storage/object-store.ts';
import { resendsOf, withResends } from './archive-metadata.ts';
import { decideCleanup } from './decide-cleanup.ts';
import { decideResend, type ResendFacts } from './decide-resend.ts';
import type { ResendRun } from './dependencies.ts';
import { ForeignFailureError } from './errors.ts';
import {
  type ArchiveCopy,
  CHECK_LATER,
  copiedProperties,
  type FailedArchive,
  findCopy,
  isRegionalResend,
  isTracked,
  OUTCOME_DONE,
  removeFailed,
  removeUncovered,
} from './failed-archive.ts';
import { dropKept, isKept, keepArchive, wasKeptSince } from './keep-archive.ts';

/**
 * Carries out what `decideResend` decides about one failed replication.
 * @param mayWait see there
 * @throws ForeignFailureError and the errors of the storage port
 */
export async function handleReplicationFailure(
  failure: ReplicationFailure,
  mayWait: boolean,
  run: ResendRun,
): Promise<MessageOutcome> {
  const { store, telemetry, signal } = run;
  refuseForeign(failure, run);
  const { key, others } = run.keysOf(failure);
  const resendLocation = { bucket: failure.bucket, key };
  const [failed, current] = await Promise.all([
    store.describeVersion(failure, signal),
    store.head(resendLocation, signal),
  ]);
  const archive: FailedArchive = { failure, resendLocation, failed, current, mayWait };
  const copy = failed === undefined ? await findCopy(failure, others, run) : { ...failure, ...failed };
  const decision = decideResend(factsOf(archive, copy, run), run.limits);
  if (decision.kind === 'superseded') return answerSuperseded(archive, run);
  if (copy === undefined || decision.kind === 'gone') {
    // The version was deleted after it was kept, and the same failure, or that of another destination, is reported once
    // more.
    if ((await isKept(resendLocation, failure.versionId, run)) || (await wasKeptSince(archive, run))) {
      telemetry.failureSkipped(failure, 'kept-before');
    } else telemetry.archiveGone(failure);
    return OUTCOME_DONE;
  }
  switch (decision.kind) {
    case 'wait':
      return { kind: 'later', seconds: decision.seconds };
    case 'resend':
    case 'give-up':
      try {
        if (await wasKeptSince(archive, run)) return await dropKept(archive, run);
        if (decision.kind === 'give-up') return await keepArchive(archive, copy, run);
        return await putAgain(archive, copy, decision.attempt, run);
      } catch (thrown) {
        // The version was deleted in between.
        if (!(thrown instanceof ObjectNotFoundError)) throw thrown;
        telemetry.archiveGone(failure);
        return OUTCOME_DONE;
      }
  }
}

function factsOf(
  { failure, failed, current, mayWait }: FailedArchive,
  copy: ArchiveCopy | undefined,
  { now }: ResendRun,
): ResendFacts {
  // Resends to another region do not count for this one.
  const resends = failed === undefined ? copy && 0 : resendsOf(failed.metadata);
  return {
    resends,
    versionId: failure.versionId,
    currentVersionId: current?.versionId,
    secondsSinceFailure: (now() - failure.eventTime) / 1000,
    mayWait,
  };
}

/** The archive has already been put again. */
async function answerSuperseded(archive: FailedArchive, run: ResendRun): Promise<MessageOutcome> {
  const { failure, resendLocation, failed, current, mayWait } = archive;
  const successorStatus = current?.replicationStatus;
  // No replication rule covers the region's own keys yet; a later version may be covered. The last attempt goes to all
  // regions.
  const isUncovered =
    isRegionalResend(archive) && successorStatus === undefined && failed !== undefined && isTracked(failed);
  if (isUncovered) {
    if (mayWait) return putAgain(archive, { ...failure, ...failed }, 1, run);
    const own = await run.store.head(failure, run.signal);
    const isLatest = own === undefined || own.versionId === failure.versionId;
    const toAll = { ...archive, resendLocation: failure, current: own };
    const outcome = isLatest ? await putAgain(toAll, { ...failure, ...failed }, 1, run) : undefined;
    await removeUncovered(resendLocation, run);
    if (outcome !== undefined) return outcome;
  }
  const isSuccessorKept = successorStatus === 'FAILED' && (await isKept(resendLocation, current?.versionId, run));
  const hasOthers = isRegionalResend(archive) && failed?.replicationStatus !== 'FAILED';
  const decision =
    failed === undefined ? 'leave' : decideCleanup({ successorStatus, isSuccessorKept, hasOthers, mayWait });
  if (decision === 'wait') return CHECK_LATER;
  if (decision === 'delete') await removeFailed(failure, run);
  else run.telemetry.failureSkipped(failure, 'superseded');
  return OUTCOME_DONE;
}

/**
 * Puts a new version, which S3 replicates to all destinations of its rule, or to the one region whose prefix its key
 * has.
 */
async function putAgain(
  { failure, resendLocation, failed, current, mayWait }: FailedArchive,
  copy: ArchiveCopy,
  attempt: number,
  { store, telemetry, signal }: ResendRun,
): Promise<MessageOutcome> {
  // If two invocations have the same event, one wins; the other is retried and finds the event superseded.
  const unchanged: WriteCondition =
    current === undefined ? { kind: 'absent' } : { kind: 'matches', etag: current.etag };
  await store.copy({
    bucket: resendLocation.bucket,
    key: resendLocation.key,
    ...copiedProperties(copy),
    metadata: withResends(copy.metadata, attempt),
    source: copy,
    condition: unchanged,
    signal,
  });
  telemetry.archiveResent(failure, attempt);
  // The failed version is deleted when the new one has arrived.
  return mayWait && failed !== undefined && isTracked(failed) ? CHECK_LATER : OUTCOME_DONE;
}

function refuseForeign({ bucket, key }: ReplicationFailure, { outboundBucket }: ResendRun): void {
  if (bucket === outboundBucket) return;
  throw new ForeignFailureError(
    `The failed replication is for s3://${bucket}/${key}; this queue accepts only archives of bucket "${outboundBucket}"`,
    { context: { bucket, key, expected: outboundBucket } },
  );
}
