import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { S3Connection } from './connection.ts';
import { encodeUriComponent } from './encode-key.ts';
import { readElements, readText } from './xml.ts';

/** Each deletion of a key adds a delete marker. */
const MAX_LISTED = 50;

/** What a current delete marker hides. */
export interface VersionBelow {
  /**
   * The newest version that is not a marker. Absent when none is left, or when it is below an implausible number of
   * markers.
   */
  readonly versionId?: string;
  /** When the newest marker was made: milliseconds since 1970. */
  readonly deletedAt?: number;
}

/**
 * The newest version of exactly this key that is not a marker, and when the newest marker was made. S3 lists versions by
 * prefix, in the order of keys and for one key the newest first, so those of the key itself come first.
 */
export async function findVersionBelow(
  connection: S3Connection,
  { bucket, key }: ObjectLocation,
  signal?: AbortSignal,
): Promise<VersionBelow> {
  const { body } = await connection.send({
    kind: 'read',
    operation: 'ListObjectVersions',
    method: 'GET',
    bucket,
    key: '',
    query: `max-keys=${MAX_LISTED}&prefix=${encodeUriComponent(key)}&versions=`,
    headers: [],
    signal,
  });
  const textOf = (kind: string, name: string): string | undefined => {
    const newest = readElements(body, kind).find((version) => readText(version, 'Key') === key);
    return newest === undefined ? undefined : readText(newest, name);
  };
  const versionId = textOf('Version', 'VersionId');
  const deletedAt = Date.parse(textOf('DeleteMarker', 'LastModified') ?? '');
  return {
    ...(versionId === undefined ? {} : { versionId }),
    ...(Number.isNaN(deletedAt) ? {} : { deletedAt }),
  };
}
