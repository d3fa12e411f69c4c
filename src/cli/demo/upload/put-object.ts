import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  type StorageClass,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type ObjectAttributes, type ObjectBody, READ_BYTES } from '../input/planned-object.ts';
import { type OpenBody, openFile, openStored } from './open-body.ts';
import type { UploadedVersion } from './uploaded-object.ts';

export interface BucketClient {
  readonly s3: S3Client;
  readonly bucket: string;
}

/** An uploaded object, with its properties besides the bytes. */
export interface PutResult extends UploadedVersion {
  readonly attributes: ObjectAttributes;
}

/**
 * Uploads an object as any user of the AWS SDK would, and hashes it on the way. Memory does not grow with its size.
 * @param planned headers and the like; an object of a real bucket has its own, except tags
 * @throws SourceChangedError when the body can no longer be read or changes in the meantime; errors of the SDK
 */
export async function putObject(
  client: BucketClient,
  key: string,
  body: ObjectBody,
  planned: ObjectAttributes,
): Promise<PutResult> {
  const begun = Date.now();
  if (body.kind === 'bytes') {
    return { key, begun, attributes: planned, ...(await putBytes(client, key, body.bytes, planned)) };
  }
  await using opened = body.kind === 'file' ? await openFile(body) : await openStored(body, READ_BYTES);
  const attributes = { ...planned, ...opened.attributes };
  const sent = opened.size <= READ_BYTES ? putSmall : putParts;
  return { key, begun, attributes, ...(await sent(client, key, opened, attributes)) };
}

type SentBody = Pick<UploadedVersion, 'etag' | 'size' | 'sha256'>;

async function putSmall(
  client: BucketClient,
  key: string,
  opened: OpenBody,
  attributes: ObjectAttributes,
): Promise<SentBody> {
  const bytes = await opened.read(0, opened.size);
  await opened.check();
  return putBytes(client, key, bytes, attributes);
}

async function putBytes(
  { s3, bucket }: BucketClient,
  key: string,
  bytes: Uint8Array,
  attributes: ObjectAttributes,
): Promise<SentBody> {
  const { ETag } = await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...requestFields(attributes) }),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { etag: withoutQuotes(ETag), size: bytes.byteLength, sha256 };
}

async function putParts(
  client: BucketClient,
  key: string,
  opened: OpenBody,
  attributes: ObjectAttributes,
): Promise<SentBody> {
  const { s3, bucket } = client;
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...requestFields(attributes) }),
  );
  const upload = { Bucket: bucket, Key: key, UploadId };
  try {
    const hash = createHash('sha256');
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let start = 0; start < opened.size; start += READ_BYTES) {
      const bytes = await opened.read(start, Math.min(READ_BYTES, opened.size - start));
      hash.update(bytes);
      const number = parts.length + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: number, Body: bytes }));
      parts.push({ PartNumber: number, ETag });
    }
    await opened.check();
    const { ETag } = await s3.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
    );
    return { etag: withoutQuotes(ETag), size: opened.size, sha256: hash.digest('hex') };
  } catch (thrown) {
    await s3.send(new AbortMultipartUploadCommand(upload));
    throw thrown;
  }
}

function requestFields({ headers, metadata, tags, storageClass }: ObjectAttributes): Partial<PutObjectCommandInput> {
  return {
    ContentType: headers.contentType,
    ContentEncoding: headers.contentEncoding,
    ContentDisposition: headers.contentDisposition,
    ContentLanguage: headers.contentLanguage,
    CacheControl: headers.cacheControl,
    Expires: headers.expires === undefined ? undefined : new Date(headers.expires),
    WebsiteRedirectLocation: headers.websiteRedirectLocation,
    Metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, rawUtf8(value)])),
    Tagging: new URLSearchParams(tags.map(({ key, value }): [string, string] => [key, value])).toString() || undefined,
    StorageClass: storageClass as StorageClass,
  };
}

/** Node sends header values as latin1; this way the UTF-8 bytes are sent, as by other SDKs. */
function rawUtf8(value: string): string {
  return Buffer.from(value).toString('latin1');
}

function withoutQuotes(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
