import type { MessageOutcome } from '../messages/outcome.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { type KeptRecord, keptRecordOf, withKeptRecord } from './archive-metadata.ts';
import type { ResendRun } from './dependencies.ts';
import {
  type ArchiveCopy,
  carriedOver,
  DONE,
  type FailedArchive,
  isApart,
  isTracked,
  LOOK_AGAIN,
  removeFailed,
} from './failed-archive.ts';
import { keptKey } from './kept-key.ts';

/** Copies the archive to where nothing expires, once a version; each destination that it missed is noted on it. */
export async function keepArchive(archive: FailedArchive, copy: ArchiveCopy, run: ResendRun): Promise<MessageOutcome> {
  const { store, telemetry, signal } = run;
  const { failure, again, failed, mayWait } = archive;
  const { versionId, destination, reason } = failure;
  const kept = { bucket: run.failedBucket, key: keptKey(again.key) };
  const present = await store.head(kept, signal);
  const record = keptRecordOf(present?.metadata ?? {});
  const before = record?.versionId === versionId ? record.failures : [];
  if (before.some((known) => known.destination === destination)) {
    // By now the failures of its other destinations are noted, too, which needed it to copy.
    return dropKept(archive, run);
  }
  const failures = [...before, { destination, reason }];
  // Before the copy: its answer may be lost, or this process end, and whoever comes next finds it kept and has nothing to tell.
  telemetry.archiveGivenUp(failure, kept);
  await store.copy({
    ...kept,
    ...carriedOver(copy),
    metadata: withKeptRecord(copy.metadata, { versionId, failures, keptAt: new Date(run.now()).toISOString() }),
    source: copy,
    // What another invocation notes at the same time must not be lost.
    condition: present === undefined ? { kind: 'absent' } : { kind: 'matches', etag: present.etag },
    signal,
  });
  return mayWait && failed !== undefined && isTracked(failed) ? LOOK_AGAIN : DONE;
}

/**
 * Whether a later version is kept by now. When that was deleted from here, this one came to be at the key again, and would be
 * put again for nothing.
 */
export async function wasKeptSince({ failure, again }: FailedArchive, run: ResendRun): Promise<boolean> {
  const record = await keptRecord(again, run);
  return (
    record !== undefined && record.versionId !== failure.versionId && Date.parse(record.keptAt) > failure.eventTime
  );
}

/** What is kept already needs no failed version, as long as no other destination does. */
export async function dropKept(archive: FailedArchive, run: ResendRun): Promise<MessageOutcome> {
  const { failure, failed, mayWait } = archive;
  const isPending = isApart(archive) && failed?.replicationStatus === 'PENDING';
  if (isPending && mayWait) return LOOK_AGAIN;
  if (failed !== undefined && isTracked(failed) && !isPending) await removeFailed(failure, run);
  else run.telemetry.failureSkipped(failure, 'kept-before');
  return DONE;
}

/** Whether what is kept of the archive is a copy of this version. */
export async function isKept(again: ObjectLocation, versionId: string | undefined, run: ResendRun): Promise<boolean> {
  return versionId !== undefined && (await keptRecord(again, run))?.versionId === versionId;
}

async function keptRecord(
  { key }: ObjectLocation,
  { store, failedBucket, signal }: ResendRun,
): Promise<KeptRecord | undefined> {
  const kept = await store.head({ bucket: failedBucket, key: keptKey(key) }, signal);
  return keptRecordOf(kept?.metadata ?? {});
}
