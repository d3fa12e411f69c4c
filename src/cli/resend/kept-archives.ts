import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from '@aws-sdk/client-s3';
import { withoutResends } from '../../resend/archive-metadata.ts';
import { archiveKeyOf, KEPT_PREFIX } from '../../resend/kept-key.ts';
import type { ObjectDescription } from '../../storage/stored-object.ts';
import { DeployInputError, KeptArchiveError } from '../command/errors.ts';
import type { ResendSession } from './resend-session.ts';

export interface KeptArchive {
  /** Its key in the outbound bucket. */
  readonly key: string;
  readonly size: number;
  /** Newest first; all versions of one archive, which may have been given up several times. */
  readonly versionIds: readonly [string, ...string[]];
}

/** S3's limit for one DeleteObjects. */
const MAX_DELETIONS = 1000;

/**
 * All kept archives, in the order of their keys.
 * @throws DeployInputError when there is no such bucket
 */
export async function listKeptArchives({ s3, failedBucket }: ResendSession): Promise<KeptArchive[]> {
  const byKey = new Map<string, ObjectVersion[]>();
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next !== undefined) {
    const request = { Bucket: failedBucket, Prefix: KEPT_PREFIX, ...next };
    const page: ListObjectVersionsCommandOutput = await s3
      .send(new ListObjectVersionsCommand(request))
      .catch((cause: unknown) => {
        throw cause instanceof Error && cause.name === 'NoSuchBucket' ? notDeployed(failedBucket, cause) : cause;
      });
    for (const version of page.Versions ?? []) {
      const key = version.Key ?? '';
      byKey.set(key, [...(byKey.get(key) ?? []), version]);
    }
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    next = page.IsTruncated === true ? { KeyMarker, VersionIdMarker } : undefined;
  }
  return [...byKey].flatMap(([key, versions]) => {
    // S3 lists the versions of a key newest first. A user may have deleted the latest: then nothing is current.
    const [first, ...rest] = versions;
    if (first?.IsLatest !== true) return [];
    const versionIds = [first, ...rest].map(({ VersionId = '' }) => VersionId) as [string, ...string[]];
    return [{ key: archiveKeyOf(key), size: first.Size ?? 0, versionIds }];
  });
}

/** @throws KeptArchiveError if it was deleted since it was listed */
export async function describeKeptArchive(
  { key, versionIds }: KeptArchive,
  { store, failedBucket }: ResendSession,
): Promise<ObjectDescription> {
  const location = { bucket: failedBucket, key: `${KEPT_PREFIX}${key}`, versionId: versionIds[0] };
  const described = await store.describeVersion(location);
  if (described !== undefined) return described;
  throw new KeptArchiveError(
    `s3://${failedBucket}/${location.key} disappeared while it was being read. Run the command again.`,
    {
      context: { bucket: failedBucket, key: location.key },
    },
  );
}

/**
 * Copies a kept archive back to its outbound bucket, with its count reset, and deletes it here when S3 has accepted it
 * there.
 * @throws KeptArchiveError, and the errors of the storage port; the archive is then still kept
 */
export async function sendKeptArchive(archive: KeptArchive, session: ResendSession): Promise<void> {
  const { failedBucket, outboundBucket, store, s3 } = session;
  const { headers, metadata, etag, size, crc32 } = await describeKeptArchive(archive, session);
  const key = `${KEPT_PREFIX}${archive.key}`;
  await store.copy({
    bucket: outboundBucket,
    key: archive.key,
    headers,
    metadata: withoutResends(metadata),
    tags: [],
    source: { bucket: failedBucket, key, versionId: archive.versionIds[0], etag, size, crc32 },
    condition: { kind: 'always' },
  });
  // Only these versions: one that was added in the meantime is another failure.
  for (let at = 0; at < archive.versionIds.length; at += MAX_DELETIONS) {
    const Objects = archive.versionIds.slice(at, at + MAX_DELETIONS).map((VersionId) => ({ Key: key, VersionId }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: failedBucket, Delete: { Objects } }));
    const [failed] = Errors;
    if (failed === undefined) continue;
    throw new KeptArchiveError(
      `${archive.key} was resent, but could not be deleted from ${failedBucket}: ${failed.Code ?? ''} ${failed.Message ?? ''}. Delete it by hand.`,
      { context: { bucket: failedBucket, key, s3Code: failed.Code } },
    );
  }
}

function notDeployed(bucket: string, cause: Error): DeployInputError {
  return new DeployInputError(
    `Bucket ${bucket} does not exist. Deploy this region first, or check which account your credentials belong to.`,
    {
      context: { bucket },
      cause,
    },
  );
}
