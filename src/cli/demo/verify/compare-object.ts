import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { GetObjectCommand, type GetObjectCommandOutput, GetObjectTaggingCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { decodeMetadataValue } from '../../../storage/encoded-words.ts';
import { withoutStamp, withoutStampTag } from '../../../storage/provenance.ts';
import type { ObjectDescription, ObjectHeaders, ObjectTag } from '../../../storage/stored-object.ts';
import type { BucketClient } from '../upload/put-object.ts';
import type { UploadedObject } from '../upload/uploaded-object.ts';
import { compareStamp } from './compare-stamp.ts';

/** The uploaded object, under its key at this destination. */
export type ExpectedObject = Omit<UploadedObject, 'writes'>;

/** Empty: the object equals the uploaded one. */
export type Differences = readonly string[];

/**
 * Reads an object back and compares everything that was uploaded: bytes, headers, metadata, tags, storage class; and
 * the stamp, by which the product recognizes its own writes.
 * @param storageClass expected by the rule
 * @returns undefined when there is no such object
 */
export async function compareObject(
  { s3, bucket }: BucketClient,
  expected: ExpectedObject,
  storageClass: string,
): Promise<Differences | undefined> {
  const address = { Bucket: bucket, Key: expected.key };
  let found: GetObjectCommandOutput;
  try {
    found = await s3.send(new GetObjectCommand(address));
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
  const { sha256, size, crc32 } = await digestBody(found);
  const { TagSet = [] } = (found.TagCount ?? 0) > 0 ? await s3.send(new GetObjectTaggingCommand(address)) : {};
  const tags = TagSet.map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
  return [
    ...differ('bytes', `${expected.size} with SHA-256 ${expected.sha256}`, `${size} with SHA-256 ${sha256}`),
    ...compareHeaders(expected.attributes.headers, found),
    ...differ('metadata', canonical(expected.attributes.metadata), canonical(readMetadata(found))),
    ...differ(
      'tags',
      canonical(Object.fromEntries(expected.attributes.tags.map(({ key, value }) => [key, value]))),
      canonical(ownTags(tags)),
    ),
    ...differ('storage class', storageClass, found.StorageClass ?? 'STANDARD'),
    ...compareStamp(expected, describe(found, { size, crc32 }), { bucket, key: expected.key, tags }),
  ];
}

async function digestBody({ Body }: GetObjectCommandOutput): Promise<{ sha256: string; size: number; crc32: number }> {
  const hash = createHash('sha256');
  let size = 0;
  let checksum = 0;
  for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    checksum = crc32(chunk, checksum);
    size += chunk.byteLength;
  }
  return { sha256: hash.digest('hex'), size, crc32: checksum };
}

/** Like the product's own HEAD of the object, but with a checksum that was computed here. */
function describe(
  found: GetObjectCommandOutput,
  { size, crc32: checksum }: { readonly size: number; readonly crc32: number },
): ObjectDescription {
  const metadata = Object.entries(found.Metadata ?? {}).map(([name, value]) => [name, decodeMetadataValue(value)]);
  return {
    size,
    crc32: checksum,
    etag: (found.ETag ?? '').replaceAll('"', ''),
    lastModified: found.LastModified ?? new Date(0),
    headers: readHeaders(found),
    metadata: Object.fromEntries(metadata) as Record<string, string>,
    storageClass: found.StorageClass ?? 'STANDARD',
    tagCount: found.TagCount ?? 0,
    missingMetadata: found.MissingMeta ?? 0,
  };
}

function readHeaders(found: GetObjectCommandOutput): ObjectHeaders {
  const headers = {
    contentType: found.ContentType,
    contentEncoding: found.ContentEncoding,
    contentDisposition: found.ContentDisposition,
    contentLanguage: found.ContentLanguage,
    cacheControl: found.CacheControl,
    expires: found.ExpiresString,
    websiteRedirectLocation: found.WebsiteRedirectLocation,
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function compareHeaders(expected: ObjectHeaders, found: GetObjectCommandOutput): string[] {
  return [
    ...differ('Content-Type', expected.contentType, found.ContentType),
    ...differ('Content-Encoding', expected.contentEncoding, found.ContentEncoding),
    ...differ('Content-Disposition', expected.contentDisposition, found.ContentDisposition),
    ...differ('Content-Language', expected.contentLanguage, found.ContentLanguage),
    ...differ('Cache-Control', expected.cacheControl, found.CacheControl),
    ...differ('Expires', expected.expires, found.ExpiresString),
    ...differ('website redirect', expected.websiteRedirectLocation, found.WebsiteRedirectLocation),
  ];
}

/** Without the stamp that the target adds on purpose. */
function readMetadata({ Metadata = {} }: GetObjectCommandOutput): Record<string, string> {
  const own = Object.entries(withoutStamp(Metadata));
  return Object.fromEntries(own.map(([name, value]) => [name, decodeMetadataValue(value)]));
}

/** Without the stamp, which is a tag if metadata has no room. */
function ownTags(tags: readonly ObjectTag[]): Record<string, string> {
  return Object.fromEntries(withoutStampTag(tags).map(({ key, value }) => [key, value]));
}

/** The same text for the same entries in any order. */
function canonical(entries: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function differ(what: string, expected: string | undefined, found: string | undefined): string[] {
  if ((expected ?? '') === (found ?? '')) return [];
  return [`${what}: ${found ?? 'none'} instead of ${expected ?? 'none'}`];
}
