import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  GetObjectTaggingCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  type StorageClass,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { MIB } from '../../src/units.ts';

/** Larger objects are copied in parts, as with S3's own replication, so that neither side holds them in memory. */
const SINGLE_PUT_BYTES = 32 * MIB;
const COPY_PART_BYTES = 16 * MIB;

export interface ReplicatedVersion {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** Without quotes. */
  readonly etag: string;
  readonly size: number;
}

export interface CopyTarget {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Absent: the class of the source object. */
  readonly storageClass?: string;
}

/**
 * Copies one version with its bytes, headers, user metadata, tags and storage class to the same key in another bucket.
 *
 * @returns the id of the version that it became
 */
export async function copyVersion(source: S3Client, version: ReplicatedVersion, target: CopyTarget): Promise<string> {
  const location = { Bucket: version.bucket, Key: version.key, VersionId: version.versionId };
  const isLarge = version.size > SINGLE_PUT_BYTES;
  const described = await source.send(
    new GetObjectCommand(isLarge ? { ...location, Range: rangeHeader(0, version.size) } : location),
  );
  const destination = await describeCopy(source, location, described, target);
  const copied = isLarge
    ? await copyInParts(source, location, version.size, described, destination, target.s3)
    : await target.s3.send(new PutObjectCommand({ ...destination, Body: await readBody(described) }));
  return copied.VersionId ?? 'null';
}

async function describeCopy(
  source: S3Client,
  location: { Bucket: string; Key: string; VersionId: string },
  described: GetObjectCommandOutput,
  target: CopyTarget,
): Promise<PutObjectCommandInput> {
  const storageClass = (target.storageClass ?? described.StorageClass) as StorageClass | undefined;
  const tagging = (described.TagCount ?? 0) > 0 ? await readTagging(source, location) : undefined;
  return {
    Bucket: target.bucket,
    Key: location.Key,
    ContentType: described.ContentType,
    ContentEncoding: described.ContentEncoding,
    ContentDisposition: described.ContentDisposition,
    ContentLanguage: described.ContentLanguage,
    CacheControl: described.CacheControl,
    Expires: described.ExpiresString === undefined ? undefined : new Date(described.ExpiresString),
    WebsiteRedirectLocation: described.WebsiteRedirectLocation,
    Metadata: described.Metadata,
    StorageClass: storageClass,
    Tagging: tagging,
  };
}

async function readTagging(
  source: S3Client,
  location: { Bucket: string; Key: string; VersionId: string },
): Promise<string> {
  const { TagSet } = await source.send(new GetObjectTaggingCommand(location));
  return (TagSet ?? [])
    .map(({ Key = '', Value = '' }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`)
    .join('&');
}

async function copyInParts(
  source: S3Client,
  location: { Bucket: string; Key: string; VersionId: string },
  size: number,
  first: GetObjectCommandOutput,
  destination: PutObjectCommandInput,
  target: S3Client,
): Promise<{ VersionId?: string | undefined }> {
  const { Bucket, Key } = destination;
  const { UploadId } = await target.send(new CreateMultipartUploadCommand(destination));
  const parts: CompletedPart[] = [];
  for (let start = 0; start < size; start += COPY_PART_BYTES) {
    const range = { ...location, Range: rangeHeader(start, size) };
    const answer = start === 0 ? first : await source.send(new GetObjectCommand(range));
    const part = { Bucket, Key, UploadId, PartNumber: parts.length + 1, Body: await readBody(answer) };
    const { ETag } = await target.send(new UploadPartCommand(part));
    parts.push({ PartNumber: part.PartNumber, ETag });
  }
  return target.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }));
}

function rangeHeader(start: number, size: number): string {
  return `bytes=${start}-${Math.min(start + COPY_PART_BYTES, size) - 1}`;
}

async function readBody(answer: GetObjectCommandOutput): Promise<Uint8Array> {
  return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
}
