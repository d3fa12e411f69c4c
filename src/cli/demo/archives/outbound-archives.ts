import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DemoFailedError } from '../errors.ts';
import type { BucketClient } from '../upload/put-object.ts';
import type { ArchiveBytes } from './read-archive.ts';

export interface StoredArchive {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/** The archives that the source function wrote, which remain in its outbound bucket for a day. */
export async function listArchives({ s3, bucket }: BucketClient): Promise<StoredArchive[]> {
  const archives: StoredArchive[] = [];
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    for (const { Key = '', Size = 0 } of page.Contents ?? []) archives.push({ key: Key, size: Size });
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return archives;
}

export function archiveBytes({ s3, bucket }: BucketClient, { key, size }: StoredArchive): ArchiveBytes {
  return {
    name: key,
    size,
    read: async (start, length) => {
      const range = `bytes=${start}-${start + length - 1}`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }));
      if (Body === undefined) throw new DemoFailedError(`s3://${bucket}/${key} has no ${range}`);
      return Body.transformToByteArray();
    },
  };
}

/** Writes every archive into a user's folder. Keys contain a slash, which file names must not. */
export async function keepArchives(
  client: BucketClient,
  archives: readonly StoredArchive[],
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { key } of archives) {
    const { Body } = await client.s3.send(new GetObjectCommand({ Bucket: client.bucket, Key: key }));
    if (!(Body instanceof Readable)) throw new DemoFailedError(`s3://${client.bucket}/${key} has no body`);
    await pipeline(Body, createWriteStream(join(folder, archiveFileName(key))));
  }
}

/** `<rule>/<digits>.tar.zst` becomes `<rule>_<digits>.tar.zst`. */
export function archiveFileName(key: string): string {
  return key.replace(/[^A-Za-z0-9._-]/g, '_');
}
