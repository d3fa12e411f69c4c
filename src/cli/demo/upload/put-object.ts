import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
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
import { systemErrorText } from '../../command/explain-failure.ts';
import { SourceChangedError } from '../errors.ts';
import type { ObjectBody, ObjectDress } from '../input/planned-object.ts';
import type { UploadedVersion } from './uploaded-object.ts';

/** Larger files are sent in parts of this size, read one after the other. */
const PART_BYTES = 16 * 1024 * 1024;

export interface ObjectPlace {
  readonly s3: S3Client;
  readonly bucket: string;
}

/**
 * Uploads an object as any user of the AWS SDK would, and hashes it on the way. Memory does not grow with its size.
 * @throws SourceChangedError when the file can no longer be read or changes meanwhile; what the SDK throws
 */
export async function putObject(
  place: ObjectPlace,
  key: string,
  body: ObjectBody,
  dress: ObjectDress,
): Promise<UploadedVersion> {
  const begun = Date.now();
  if (body.kind === 'bytes') return { key, begun, ...(await putBytes(place, key, body.bytes, dress)) };
  const file = await openFile(body.path);
  try {
    const sent = body.size <= PART_BYTES ? putSmallFile : putParts;
    return { key, begun, ...(await sent(place, key, { file, path: body.path, size: body.size }, dress)) };
  } finally {
    await file.close();
  }
}

type SentBody = Pick<UploadedVersion, 'etag' | 'size' | 'sha256'>;

interface OpenedFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly size: number;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw new SourceChangedError(`it can no longer be read: ${systemErrorText(cause)}`, { context: { path }, cause });
  }
}

async function putSmallFile(
  place: ObjectPlace,
  key: string,
  opened: OpenedFile,
  dress: ObjectDress,
): Promise<SentBody> {
  const bytes = await opened.file.readFile();
  if (bytes.byteLength !== opened.size) throw changed(opened);
  return putBytes(place, key, bytes, dress);
}

async function putBytes(
  { s3, bucket }: ObjectPlace,
  key: string,
  bytes: Uint8Array,
  dress: ObjectDress,
): Promise<SentBody> {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ...attributes(dress) }));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { etag: withoutQuotes(ETag), size: bytes.byteLength, sha256 };
}

async function putParts(place: ObjectPlace, key: string, opened: OpenedFile, dress: ObjectDress): Promise<SentBody> {
  const { s3, bucket } = place;
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...attributes(dress) }),
  );
  const upload = { Bucket: bucket, Key: key, UploadId };
  try {
    const hash = createHash('sha256');
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let start = 0; start < opened.size; start += PART_BYTES) {
      const bytes = await readPart(opened, start);
      hash.update(bytes);
      const number = parts.length + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber: number, Body: bytes }));
      parts.push({ PartNumber: number, ETag });
    }
    if ((await opened.file.stat()).size !== opened.size) throw changed(opened);
    const { ETag } = await s3.send(
      new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
    );
    return { etag: withoutQuotes(ETag), size: opened.size, sha256: hash.digest('hex') };
  } catch (thrown) {
    await s3.send(new AbortMultipartUploadCommand(upload));
    throw thrown;
  }
}

async function readPart(opened: OpenedFile, start: number): Promise<Buffer> {
  const length = Math.min(PART_BYTES, opened.size - start);
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await opened.file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw changed(opened);
    filled += bytesRead;
  }
  return bytes;
}

function attributes({ headers, metadata, tags, storageClass }: ObjectDress): Partial<PutObjectCommandInput> {
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

/** Node sends header values as latin1: this way the UTF-8 bytes go over the wire, as other SDKs send them. */
function rawUtf8(value: string): string {
  return Buffer.from(value).toString('latin1');
}

function withoutQuotes(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

function changed({ path, size }: OpenedFile): SourceChangedError {
  return new SourceChangedError(`it changed while it was uploaded (it had ${size} bytes)`, { context: { path, size } });
}
