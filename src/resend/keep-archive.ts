import type { MessageOutcome } from '../messages/outcome.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { type KeptRecord, keptRecordOf, withKeptRecord } from './archive-metadata.ts';
import type { ResendRun } from './dependencies.ts';
import {
  type ArchiveCopy,
  CHECK_LATER,
  copiedProperties,
  type FailedArchive,
  isRegionalResend,
  isTracked,
  OUTCOME_DONE,
  removeFailed,
} from './failed-archive.ts';
import { keptKey } from './kept-key.ts';

/**
 * Copies the archive, once per version, to a bucket where nothing expires; each destination that it missed is noted in
 * its metadata.
 */
export async function keepArchive(archive: FailedArchive, copy: ArchiveCopy, run: ResendRun): Promise<MessageOutcome> {
  const { store, telemetry, signal } = run;
  const { failure, resendLocation, failed, mayWait } = archive;
  const { versionId, destination, reason } = failure;
  const kept = { bucket: run.failedBucket, key: keptKey(resendLocation.key) };
  const present = await store.head(kept, signal);
  const record = keptRecordOf(present?.metadata ?? {});
  const before = record?.versionId === versionId ? record.failures : [];
  if (before.some((known) => known.destination === destination)) {
    // By now the failures at its other destinations are noted, too, which required the version as the source of
    // the copy.
    return dropKept(archive, run);
  }
  const failures = [...before, { destination, reason }];
  // Before the copy: if its response is lost or this process ends, the next invocation finds the archive kept and
  // reports nothing.
  telemetry.archiveGivenUp(failure, kept);
  await store.copy({
    ...kept,
    ...copiedProperties(copy),
    metadata: withKeptRecord(copy.metadata, { versionId, failures, keptAt: new Date(run.now()).toISOString() }),
    source: copy,
    // A note that another invocation writes at the same time must not be lost.
    condition: present === undefined ? { kind: 'absent' } : { kind: 'matches', etag: present.etag },
    signal,
  });
  return mayWait && failed !== undefined && isTracked(failed) ? CHECK_LATER : OUTCOME_DONE;
}

/**
 * Whether a later version has been kept since. If that one was then deleted from the outbound bucket, this one has
 * become current again, and resending it would be useless.
 */
export async function wasKeptSince({ failure, resendLocation }: FailedArchive, run: ResendRun): Promise<boolean> {
  const record = await keptRecord(resendLocation, run);
  return (
    record !== undefined && record.versionId !== failure.versionId && Date.parse(record.keptAt) > failure.eventTime
  );
}

/** Once the archive is kept, the failed version is not needed, unless another destination needs it. */
export async function dropKept(archive: FailedArchive, run: ResendRun): Promise<MessageOutcome> {
  const { failure, failed, mayWait } = archive;
  const isPending = isRegionalResend(archive) && failed?.replicationStatus === 'PENDING';
  if (isPending && mayWait) return CHECK_LATER;
  if (failed !== undefined && isTracked(failed) && !isPending) await removeFailed(failure, run);
  else run.telemetry.failureSkipped(failure, 'kept-before');
  return OUTCOME_DONE;
}

/** Whether the kept copy of the archive is one of this version. */
export async function isKept(
  resendLocation: ObjectLocation,
  versionId: string | undefined,
  run: ResendRun,
): Promise<boolean> {
  return versionId !== undefined && (await keptRecord(resendLocation, run))?.versionId === versionId;
}

async function keptRecord(
  { key }: ObjectLocation,
  { store, failedBucket, signal }: ResendRun,
): Promise<KeptRecord | undefined> {
  const kept = await store.head({ bucket: failedBucket, key: keptKey(key) }, signal);
  return keptRecordOf(kept?.metadata ?? {});
}
