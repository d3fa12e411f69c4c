import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { digestContent } from '../../../storage/content-digest.ts';
import { encodeStamp, findStamp, STAMP_NAME } from '../../../storage/provenance.ts';
import { DemoFailedError } from '../errors.ts';
import type { BucketClient } from '../upload/put-object.ts';
import type { PlantedKeys } from './plan-bucket.ts';

const TYPE = 'application/json';

/**
 * Plants the differences at the target: those of a user, and those that only a bug could cause. @param prefix of the
 * destination
 */
export async function seedDifferences(
  client: BucketClient,
  prefix: string,
  { missing, different, foreign, extra }: PlantedKeys,
): Promise<void> {
  const { s3, bucket } = client;
  const put = (key: string, Body: Uint8Array | string, stamp?: string): Promise<unknown> =>
    s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: prefix + key,
        Body,
        ContentType: TYPE,
        ...(stamp === undefined ? {} : { Metadata: { [STAMP_NAME]: stamp } }),
      }),
    );
  for (const key of missing.deleted) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + key }));
  for (const key of foreign.replaced) await put(key, 'written by a user');
  for (const key of extra) await put(key, 'at the target only');
  for (const key of foreign.edited) {
    const { bytes, stamp } = await readCopy(client, prefix + key);
    await put(key, Buffer.concat([bytes, Buffer.from('edited\n')]), stamp);
  }
  for (const key of different.shorter) {
    const { bytes } = await readCopy(client, prefix + key);
    const cut = bytes.subarray(0, bytes.length - 1);
    await put(key, cut, await stampFor(client, prefix + key, cut));
  }
  for (const key of different.sameSize) {
    const { bytes } = await readCopy(client, prefix + key);
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
    await put(key, flipped, await stampFor(client, prefix + key, flipped));
  }
}

interface CopyFound {
  readonly bytes: Buffer;
  /** As it is in the metadata. */
  readonly stamp: string;
}

async function readCopy({ s3, bucket }: BucketClient, key: string): Promise<CopyFound> {
  const { Body, Metadata = {} } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const stamp = Metadata[STAMP_NAME];
  if (stamp === undefined) throw new DemoFailedError(`${key} was restored without a stamp in its metadata`);
  return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), stamp };
}

/** The stamp of the object, recomputed as if these were its bytes. */
async function stampFor(client: BucketClient, key: string, bytes: Uint8Array): Promise<string> {
  const location = { bucket: client.bucket, key };
  const { stamp } = await readCopy(client, key);
  const found = findStamp({ metadata: { [STAMP_NAME]: stamp } }, location);
  if (found === undefined) throw new DemoFailedError(`${key} has no stamp that can be read: ${stamp}`);
  const content = { size: bytes.length, headers: { contentType: TYPE }, metadata: {} };
  return encodeStamp(found.stamp, digestContent(content), location);
}
