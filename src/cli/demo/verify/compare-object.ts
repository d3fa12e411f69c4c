import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  GetObjectTaggingCommand,
  NoSuchKey,
  type Tag,
} from '@aws-sdk/client-s3';
import { decodeMetadataValue } from '../../../storage/encoded-words.ts';
import { withoutStamp, withoutStampTag } from '../../../storage/provenance.ts';
import type { ObjectHeaders } from '../../../storage/stored-object.ts';
import type { ObjectPlace } from '../upload/put-object.ts';
import type { UploadedObject } from '../upload/uploaded-object.ts';

/** Empty: the object is what was uploaded. */
export type Differences = readonly string[];

/**
 * Reads an object back and compares everything that was uploaded: bytes, headers, metadata, tags, storage class.
 * @param storageClass what the rule makes of the object's own
 * @returns undefined when there is no such object
 */
export async function compareObject(
  { s3, bucket }: ObjectPlace,
  expected: UploadedObject,
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
  const { sha256, size } = await digestBody(found);
  const tags = (found.TagCount ?? 0) > 0 ? (await s3.send(new GetObjectTaggingCommand(address))).TagSet : [];
  return [
    ...differ('bytes', `${expected.size} with SHA-256 ${expected.sha256}`, `${size} with SHA-256 ${sha256}`),
    ...compareHeaders(expected.dress.headers, found),
    ...differ('metadata', canonical(expected.dress.metadata), canonical(readMetadata(found))),
    ...differ(
      'tags',
      canonical(Object.fromEntries(expected.dress.tags.map(({ key, value }) => [key, value]))),
      canonical(readTags(tags)),
    ),
    ...differ('storage class', storageClass, found.StorageClass ?? 'STANDARD'),
  ];
}

async function digestBody({ Body }: GetObjectCommandOutput): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { sha256: hash.digest('hex'), size };
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

/** Without the stamp, which is a tag where metadata has no room. */
function readTags(tags: readonly Tag[] = []): Record<string, string> {
  const own = withoutStampTag(tags.map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })));
  return Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

/** The same text for the same entries in any order. */
function canonical(entries: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function differ(what: string, expected: string | undefined, found: string | undefined): string[] {
  if ((expected ?? '') === (found ?? '')) return [];
  return [`${what}: ${found ?? 'none'} instead of ${expected ?? 'none'}`];
}
