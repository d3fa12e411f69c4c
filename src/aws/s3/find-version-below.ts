import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { S3Connection } from './connection.ts';
import { encodeUriComponent } from './encode-key.ts';
import { readElements, readText } from './xml.ts';

/** Each deletion of a key adds a delete marker. */
const MAX_LISTED = 50;

/**
 * Id of the newest version of exactly this key that is not a marker. S3 lists versions by prefix, in the order of keys
 * and for one key the newest first, so those of the key itself come first.
 * @returns undefined when none is left, or when it is below an implausible number of markers
 */
export async function findVersionBelow(
  connection: S3Connection,
  { bucket, key }: ObjectLocation,
  signal?: AbortSignal,
): Promise<string | undefined> {
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
  const newest = readElements(body, 'Version').find((version) => readText(version, 'Key') === key);
  return newest === undefined ? undefined : readText(newest, 'VersionId');
}
