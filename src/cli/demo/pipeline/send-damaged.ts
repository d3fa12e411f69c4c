import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ARCHIVE_SUFFIX } from '../../../archive/format.ts';
import { damageArchive } from '../archives/damage-archive.ts';
import type { DamagedCopy, InboundBucket } from '../archives/inbound-bucket.ts';
import { isReadable, tryInspect } from '../archives/inspect-archive.ts';
import { archiveBytes, type StoredArchive } from '../archives/outbound-archives.ts';
import type { BucketClient } from '../upload/put-object.ts';
import type { DeadLetterFound } from './dead-letters.ts';

/**
 * Puts damaged copies of archives into every inbound bucket, under keys other than those that the archives themselves
 * will have.
 * @param deleted keys that no target reads: an archive of only these is not refused
 */
export async function sendDamaged(
  outbound: BucketClient,
  inbound: readonly InboundBucket[],
  archives: readonly StoredArchive[],
  deleted: ReadonlySet<string>,
): Promise<DamagedCopy[]> {
  const copies: DamagedCopy[] = [];
  for (const archive of archives) {
    const inspected = await tryInspect(archiveBytes(outbound, archive));
    // An unreadable one is refused without being damaged.
    if (!isReadable(inspected) || inspected.versions.every(({ key }) => deleted.has(key))) continue;
    const bytes = await damageArchive(archiveBytes(outbound, archive));
    const key = `${archive.key.slice(0, -ARCHIVE_SUFFIX.length)}-damaged${ARCHIVE_SUFFIX}`;
    for (const { region, s3, bucket } of inbound) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
      copies.push({ region, bucket, key });
    }
  }
  return copies;
}

/** Dead letters in two groups: those of damaged copies, which are expected, and all others. */
export function sortLetters(
  letters: readonly DeadLetterFound[],
  copies: readonly DamagedCopy[],
): { readonly others: readonly DeadLetterFound[]; readonly unrefused: readonly DamagedCopy[] } {
  // Events encode the slashes of a key differently; its last segment is unique.
  const isOf = ({ body }: DeadLetterFound, { bucket, key }: DamagedCopy): boolean =>
    body.includes(bucket) && body.includes(key.slice(key.lastIndexOf('/') + 1));
  return {
    others: letters.filter((letter) => !copies.some((copy) => isOf(letter, copy))),
    unrefused: copies.filter((copy) => !letters.some((letter) => isOf(letter, copy))),
  };
}
