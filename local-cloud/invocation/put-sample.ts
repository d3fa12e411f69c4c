import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ARCHIVE_SUFFIX } from '../../src/archive/format.ts';
import type { NamedObject } from './named-objects.ts';
import { isMultipartETag, makeSampleBody, makeSampleParts } from './sample-object.ts';

/** The object as S3 stored it. */
export interface StoredSample {
  readonly etag: string;
  readonly versionId: string | undefined;
}

/**
 * Puts an object that an event names: for an archive the committed one of the same name, else a body made from key and
 * size; in parts when its ETag is that of a multipart upload.
 */
export async function putSample(s3: S3Client, named: NamedObject, archives: string): Promise<StoredSample> {
  const { bucket: Bucket, key: Key, size, etag } = named;
  const body = Key.endsWith(ARCHIVE_SUFFIX)
    ? await readFile(path.join(archives, path.basename(Key)))
    : makeSampleBody(Key, size);
  if (isMultipartETag(etag)) return putParts(s3, named, body);
  const put = await s3.send(
    new PutObjectCommand({ Bucket, Key, Body: body, ContentType: 'text/plain', Metadata: { sample: 'yes' } }),
  );
  return { etag: unquote(put.ETag), versionId: put.VersionId };
}

async function putParts(s3: S3Client, { bucket: Bucket, key: Key }: NamedObject, body: Buffer): Promise<StoredSample> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/plain' }));
  const Parts = await Promise.all(
    makeSampleParts(body).map(async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    }),
  );
  const { ETag, VersionId } = await s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
  return { etag: unquote(ETag), versionId: VersionId };
}

function unquote(etag = ''): string {
  return etag.replaceAll('"', '');
}
