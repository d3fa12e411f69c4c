import pLimit from 'p-limit';
import { combineCrc32, crc32FromBase64 } from '../../archive/checksum.ts';
import { MAX_PARTS } from '../../archive/format.ts';
import { UnavailableStorageError } from '../../storage/errors.ts';
import type { CopyRequest, CopySource } from '../../storage/object-store.ts';
import { MIB } from '../../units.ts';
import type { S3Connection } from './connection.ts';
import { stripQuotes } from './describe-object.ts';
import { encodeKey, encodeUriComponent } from './encode-key.ts';
import { createS3Upload, type S3Upload } from './upload.ts';
import { buildConditionHeaders, buildObjectHeaders } from './write-headers.ts';
import { readText } from './xml.ts';

export interface CopyLimits {
  /**
   * Bytes up to which one request copies the whole object. S3 accepts up to 5 GiB, but one request is slower than many.
   */
  readonly wholeBytes: number;
  /** Min bytes of a part; S3 accepts 5 MiB to 5 GiB. */
  readonly partBytes: number;
  /** Parts that S3 copies at the same time. */
  readonly parallelParts: number;
}

export const COPY_LIMITS: CopyLimits = { wholeBytes: 512 * MIB, partBytes: 512 * MIB, parallelParts: 32 };

/** Copies an object of any size that S3 allows to another key in the same region; S3 verifies its checksum. */
export async function copyObject(
  connection: S3Connection,
  request: CopyRequest,
  limits: CopyLimits,
): Promise<{ etag: string }> {
  const { bucket, key, source, condition, signal } = request;
  if (source.size > limits.wholeBytes) return copyInParts(connection, request, limits);
  const { body } = await connection.send({
    kind: 'write',
    operation: 'CopyObject',
    method: 'PUT',
    bucket,
    key,
    headers: [
      ...buildObjectHeaders(request),
      ...buildSourceHeaders(source),
      'x-amz-metadata-directive',
      'REPLACE',
      'x-amz-tagging-directive',
      'REPLACE',
      ...buildConditionHeaders(condition),
    ],
    copiedBytes: source.size,
    signal,
  });
  const etag = readText(body, 'ETag');
  if (etag === undefined) {
    throw new UnavailableStorageError(`This response has no <ETag>, so it is not from S3: ${body}`);
  }
  return { etag: stripQuotes(etag) };
}

async function copyInParts(
  connection: S3Connection,
  request: CopyRequest,
  limits: CopyLimits,
): Promise<{ etag: string }> {
  const { source, condition, signal } = request;
  const upload = await createS3Upload(connection, request, signal);
  try {
    const ofParts = await copyParts(upload, source, limits);
    return await upload.complete({
      crc32: source.crc32 ?? requireCrc32(ofParts, source),
      size: source.size,
      condition,
    });
  } catch (thrown) {
    await upload.abort().catch((failure: unknown) => {
      throw new UnavailableStorageError(
        `A copy of s3://${source.bucket}/${source.key} failed, and its upload could not be aborted`,
        { context: { bucket: request.bucket, key: request.key }, cause: new AggregateError([thrown, failure]) },
      );
    });
    throw thrown;
  }
}

/** @returns the CRC-32 of all parts together, if S3 reported that of each */
async function copyParts(upload: S3Upload, source: CopySource, limits: CopyLimits): Promise<number | undefined> {
  const sourceHeaders = buildSourceHeaders(source);
  const partBytes = Math.max(limits.partBytes, Math.ceil(source.size / MAX_PARTS));
  const ranges = Array.from({ length: Math.ceil(source.size / partBytes) }, (_, index) => ({
    sourceHeaders,
    start: index * partBytes,
    length: Math.min(partBytes, source.size - index * partBytes),
  }));
  const turns = pLimit(limits.parallelParts);
  const checksums = await Promise.all(
    ranges.map((range, index) => turns(() => upload.copyPart(index + 1, range))),
  ).catch((thrown: unknown) => {
    turns.clearQueue();
    throw thrown;
  });
  let whole = 0;
  for (const [index, checksum] of checksums.entries()) {
    if (checksum === undefined) return undefined;
    whole = combineCrc32(whole, crc32FromBase64(checksum), ranges[index]?.length ?? 0);
  }
  return whole;
}

/** Pinned to the version and to its ETag. */
function buildSourceHeaders({ bucket, key, versionId, etag }: CopySource): string[] {
  const version = `${bucket}/${encodeKey(key)}?versionId=${encodeUriComponent(versionId)}`;
  return ['x-amz-copy-source', version, 'x-amz-copy-source-if-match', `"${etag}"`];
}

function requireCrc32(crc32: number | undefined, { bucket, key }: CopySource): number {
  if (crc32 !== undefined) return crc32;
  throw new UnavailableStorageError(
    `S3 reports no CRC-32 for s3://${bucket}/${key} or for the parts of its copy, so the copy cannot be verified`,
    { context: { bucket, key } },
  );
}
