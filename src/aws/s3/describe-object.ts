import { crc32FromBase64 } from '../../archive/checksum.ts';
import { decodeMetadataValue } from '../../storage/encoded-words.ts';
import { UnavailableStorageError } from '../../storage/errors.ts';
import { HEADER_NAMES } from '../../storage/header-section.ts';
import type { WrittenVersion } from '../../storage/object-store.ts';
import type { ObjectDescription } from '../../storage/stored-object.ts';
import type { ResponseHeaders } from '../http/response-headers.ts';

const METADATA_PREFIX = 'x-amz-meta-';

const HEADER_FIELDS = Object.entries(HEADER_NAMES);

/** The description of an object in the response to a GET or HEAD. `size` is that of the whole object. */
export function describeObject(answer: ResponseHeaders, size: number): ObjectDescription {
  const headers: Record<string, string> = {};
  for (const [field, name] of HEADER_FIELDS) {
    const value = answer.get(name);
    if (value !== undefined) headers[field] = value;
  }
  const versionId = answer.get('x-amz-version-id');
  const replicationStatus = answer.get('x-amz-replication-status');
  const archiveStatus = answer.get('x-amz-archive-status');
  const crc32 = readCrc32(answer);
  const answeredAt = Date.parse(answer.get('date') ?? '');
  return {
    size,
    etag: stripQuotes(requireHeader(answer, 'etag')),
    lastModified: new Date(requireHeader(answer, 'last-modified')),
    headers,
    metadata: readMetadata(answer),
    storageClass: answer.get('x-amz-storage-class') ?? 'STANDARD',
    tagCount: Number(answer.get('x-amz-tagging-count') ?? 0),
    missingMetadata: Number(answer.get('x-amz-missing-meta') ?? 0),
    ...(versionId === undefined ? {} : { versionId }),
    ...(replicationStatus === undefined ? {} : { replicationStatus }),
    ...(archiveStatus === undefined ? {} : { archiveStatus }),
    ...(crc32 === undefined ? {} : { crc32 }),
    ...(Number.isNaN(answeredAt) ? {} : { answeredAt }),
  };
}

function readMetadata(answer: ResponseHeaders): Record<string, string> {
  const entries: [name: string, value: string][] = [];
  for (const name of answer.names()) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    entries.push([name.slice(METADATA_PREFIX.length), decodeMetadataValue(answer.get(name) ?? '')]);
  }
  // Entries are not assigned one by one, since one may be called `__proto__`.
  return Object.fromEntries(entries);
}

/** @throws UnavailableStorageError when the header is missing: then the server that responded is not S3 */
export function requireHeader(answer: ResponseHeaders, name: string): string {
  const value = answer.get(name);
  if (value === undefined) {
    throw new UnavailableStorageError(`This response has no header ${name}, so it is not from S3. Check the endpoint.`);
  }
  return value;
}

/** The result of a write, from its response. */
export function withVersion(etag: string, answer: ResponseHeaders): WrittenVersion {
  const versionId = answer.get('x-amz-version-id');
  return versionId === undefined ? { etag } : { etag, versionId };
}

export function stripQuotes(etag: string): string {
  return etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}

/**
 * A checksum of checksums (COMPOSITE; its value ends in `-` and the number of parts) cannot be compared with one of the
 * whole object.
 */
function readCrc32(answer: ResponseHeaders): number | undefined {
  const value = answer.get('x-amz-checksum-crc32');
  if (value === undefined || value.includes('-')) return undefined;
  return answer.get('x-amz-checksum-type') === 'COMPOSITE' ? undefined : crc32FromBase64(value);
}
