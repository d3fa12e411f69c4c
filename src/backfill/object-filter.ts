import type { ReplicationRule } from '../configuration/rule.ts';
import type { ListedObject, ObjectEntry } from '../listing/dependencies.ts';
import { IncompleteEntryError } from './errors.ts';

/** Which objects of a rule to select. Without any property: all objects that match the rule. */
export interface ObjectFilter {
  /** Prefix of the key, including the rule's own prefix. */
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** Last-Modified at or after this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Last-Modified before this. */
  readonly until?: number | undefined;
  /** Bytes, inclusive. */
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
}

/** `archived`: in a class that must be restored before it can be read; neither S3 nor this product replicates it. */
export type ObjectVerdict = 'taken' | 'left-out' | 'archived';

/**
 * Classes whose objects cannot be read. Archived objects of INTELLIGENT_TIERING are only detected when they are read.
 */
const ARCHIVED_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** Whether an object must be queued or compared. */
export function judgeObject(
  { key, size, lastModified, storageClass }: ListedObject,
  { source }: Pick<ReplicationRule, 'source'>,
  { prefix = '', suffix = '', since, until, minSize, maxSize }: ObjectFilter,
): ObjectVerdict {
  const isWanted =
    key.startsWith(source.prefix) &&
    key.endsWith(source.suffix) &&
    key.startsWith(prefix) &&
    key.endsWith(suffix) &&
    !(since !== undefined && lastModified < since) &&
    !(until !== undefined && lastModified >= until) &&
    !(minSize !== undefined && size < minSize) &&
    !(maxSize !== undefined && size > maxSize);
  if (!isWanted) return 'left-out';
  return isArchivedClass(storageClass) ? 'archived' : 'taken';
}

/** Whether objects of this class must be restored before anyone can read them. */
export function isArchivedClass(storageClass: string): boolean {
  return ARCHIVED_CLASSES.has(storageClass);
}

/** The longest common prefix of all objects that match rule and filter; undefined if no object can match both. */
export function listedPrefix(rule: Pick<ReplicationRule, 'source'>, { prefix = '' }: ObjectFilter): string | undefined {
  const own = rule.source.prefix;
  if (prefix.startsWith(own)) return prefix;
  return own.startsWith(prefix) ? own : undefined;
}

/**
 * The entry with everything that queueing needs. Objects without a storage class are STANDARD.
 * @throws IncompleteEntryError for an inventory without ETag or Last-Modified
 */
export function completeEntry({ key, size, etag, lastModified, storageClass }: ObjectEntry): ListedObject {
  if (etag !== undefined && lastModified !== undefined) {
    return { key, size, etag, lastModified, storageClass: storageClass ?? 'STANDARD' };
  }
  const missing = etag === undefined ? 'ETag' : 'LastModifiedDate';
  throw new IncompleteEntryError(
    `The inventory has no ${missing} of "${key}". Add the fields Size, LastModifiedDate, ETag and StorageClass to it.`,
    { context: { key, field: missing } },
  );
}
