import {
  type DeleteMarkerEntry,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  type ObjectVersion as ListedVersion,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ReplicatedVersion } from './copy-version.ts';

interface ListedHistory {
  readonly versions: ListedVersion[];
  readonly markers: DeleteMarkerEntry[];
}

/** Keys of all delete markers in a bucket, once per marker. */
export async function listMarkedKeys(s3: S3Client, bucket: string): Promise<string[]> {
  return (await listHistory(s3, bucket)).markers.map(({ Key = '' }) => Key);
}

async function listHistory(s3: S3Client, bucket: string): Promise<ListedHistory> {
  const listed: ListedHistory = { versions: [], markers: [] };
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, ...next }),
    );
    listed.versions.push(...(page.Versions ?? []));
    listed.markers.push(...(page.DeleteMarkers ?? []));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    next = page.IsTruncated === true ? { KeyMarker, VersionIdMarker } : undefined;
  }
  return listed;
}

/** All versions in a bucket, oldest first, without delete markers. */
export async function listVersions(s3: S3Client, bucket: string): Promise<ReplicatedVersion[]> {
  const { versions: listed } = await listHistory(s3, bucket);
  // S3 lists a key's versions newest first; if their times are equal, that order decides.
  return listed
    .reverse()
    .sort((one, other) => (one.LastModified?.getTime() ?? 0) - (other.LastModified?.getTime() ?? 0))
    .map((version) => ({
      bucket,
      key: version.Key ?? '',
      versionId: version.VersionId ?? 'null',
      etag: (version.ETag ?? '').replaceAll('"', ''),
      size: version.Size ?? 0,
    }));
}

/** `undefined` if there is no such bucket. */
export async function readVersioning(s3: S3Client, bucket: string): Promise<'Enabled' | 'Off' | undefined> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFound') return undefined;
    throw error;
  }
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
  return Status === 'Enabled' ? 'Enabled' : 'Off';
}
