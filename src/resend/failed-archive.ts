import type { MessageOutcome } from '../messages/outcome.ts';
import type { ReplicationFailure } from '../messages/parse-replication-failure.ts';
import type { VersionLocation } from '../storage/object-store.ts';
import type { ObjectDescription, ObjectLocation } from '../storage/stored-object.ts';
import { CLEANUP_DELAY_SECONDS } from './decide-cleanup.ts';
import type { ResendRun } from './dependencies.ts';

export const OUTCOME_DONE: MessageOutcome = { kind: 'done' };
export const CHECK_LATER: MessageOutcome = { kind: 'later', seconds: CLEANUP_DELAY_SECONDS };

/** A failed replication, and the existing versions of its archive. */
export interface FailedArchive {
  readonly failure: ReplicationFailure;
  /** The key for the resend: its own, or that for the one region that it did not reach. */
  readonly resendLocation: ObjectLocation;
  /** The version that failed. */
  readonly failed: ObjectDescription | undefined;
  /** The version that is at `resendLocation` now. */
  readonly current: ObjectDescription | undefined;
  readonly mayWait: boolean;
}

/** Whether it is resent to one region of several. */
export function isRegionalResend({
  failure,
  resendLocation,
}: Pick<FailedArchive, 'failure' | 'resendLocation'>): boolean {
  return resendLocation.key !== failure.key;
}

/** A version with the bytes of the archive, and everything else that is copied. */
export type ArchiveCopy = VersionLocation & ObjectDescription;

/**
 * The failed version is deleted when nothing needs it any more; other regions have copies of it under their own keys.
 */
export async function findCopy(
  { bucket }: ReplicationFailure,
  keys: readonly string[],
  { store, signal }: ResendRun,
): Promise<ArchiveCopy | undefined> {
  for (const key of keys) {
    const found = await store.head({ bucket, key }, signal);
    if (found?.versionId !== undefined) return { ...found, bucket, key, versionId: found.versionId };
  }
  return undefined;
}

/** Whether S3 reports the replication status of a version. */
export function isTracked({ replicationStatus }: ObjectDescription): boolean {
  return replicationStatus === 'FAILED' || replicationStatus === 'PENDING';
}

/** The properties that a copy of an archive keeps, besides bytes and metadata. */
export function copiedProperties({ headers }: ObjectDescription) {
  return { headers, tags: [] };
}

export async function removeFailed(failure: ReplicationFailure, { store, telemetry }: ResendRun): Promise<void> {
  await store.removeVersion(failure);
  telemetry.failedVersionDeleted(failure);
}

/**
 * Removes copies for one region that no replication rule covers, once all regions get the archive under its own key.
 * Such copies would never be replicated, and would raise the alarm of unreplicated archives until they expire, which is
 * also what happens if the removal fails.
 */
export async function removeUncovered(
  resendLocation: ObjectLocation,
  { store, maxReceives, signal }: ResendRun,
): Promise<void> {
  try {
    // Each receive of the message put another copy.
    for (let receive = 1; receive <= maxReceives; receive += 1) {
      const { versionId, replicationStatus } = (await store.head(resendLocation, signal)) ?? {};
      if (versionId === undefined || replicationStatus !== undefined) return;
      await store.removeVersion({ ...resendLocation, versionId });
    }
  } catch {
    // Not an error: the archive is on its way, and a failed message would say the opposite.
  }
}
