import { crc32FromBase64 } from '../../archive/checksum.ts';
import type { UploadedPart } from '../../storage/object-store.ts';
import type { ObjectLocation } from '../../storage/stored-object.ts';
import type { S3Connection } from './connection.ts';
import { stripQuotes } from './describe-object.ts';
import { encodeUriComponent } from './encode-key.ts';
import type { UploadAddress } from './upload-address.ts';
import { readElements, readText } from './xml.ts';

/** S3's largest page of either list. */
const PAGE = 1000;

/** A part as S3 lists it, with the fields needed to complete the upload. */
export type ListedPart = UploadedPart & { readonly etag: string };

/**
 * Ids of the uploads to exactly this key. S3 lists them by prefix in the order of keys, so those of the key itself come
 * first, and one page holds more than any normal bucket has.
 */
export async function listUploads(
  connection: S3Connection,
  { bucket, key }: ObjectLocation,
  signal?: AbortSignal,
): Promise<string[]> {
  const { body } = await connection.send({
    kind: 'read',
    operation: 'ListMultipartUploads',
    method: 'GET',
    bucket,
    key: '',
    query: `max-uploads=${PAGE}&prefix=${encodeUriComponent(key)}&uploads=`,
    headers: [],
    signal,
  });
  return readElements(body, 'Upload')
    .filter((upload) => readText(upload, 'Key') === key)
    .map((upload) => readText(upload, 'UploadId') ?? '');
}

/**
 * All parts of an upload that have a CRC-32, in the order of their numbers.
 * @throws UploadGoneError
 */
export async function listParts(
  connection: S3Connection,
  { bucket, key, uploadId, signal }: UploadAddress,
): Promise<ListedPart[]> {
  const parts: ListedPart[] = [];
  for (let marker = '0'; ; ) {
    const { body } = await connection.send({
      kind: 'read',
      operation: 'ListParts',
      method: 'GET',
      bucket,
      key,
      query: `max-parts=${PAGE}&part-number-marker=${marker}&uploadId=${encodeUriComponent(uploadId)}`,
      headers: [],
      signal,
    });
    for (const part of readElements(body, 'Part')) parts.push(...readPart(part));
    const next = readText(body, 'NextPartNumberMarker') ?? '';
    if (readText(body, 'IsTruncated') !== 'true' || next === '' || next === marker) return parts;
    marker = next;
  }
}

function readPart(xml: string): ListedPart[] {
  const crc32 = readText(xml, 'ChecksumCRC32');
  if (crc32 === undefined) return [];
  const number = Number(readText(xml, 'PartNumber'));
  const size = Number(readText(xml, 'Size'));
  return [{ number, size, crc32: crc32FromBase64(crc32), etag: stripQuotes(readText(xml, 'ETag') ?? '') }];
}
