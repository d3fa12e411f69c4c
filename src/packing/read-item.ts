import { asCompressorError } from '../errors.ts';
import { failedOutcome, type MessageOutcome } from '../messages/outcome.ts';
import { ObjectChangedError, ObjectNotFoundError } from '../storage/errors.ts';
import { decodeStamp } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectTag } from '../storage/stored-object.ts';
import type { PackItem } from './collect-objects.ts';
import type { SourceDependencies } from './dependencies.ts';
import { MetadataUnreadableError, TagsIncompleteError } from './errors.ts';

/** Why an item is not in its archive. `changed` and `gone` are ordinary: the object moved on since its event. */
export type LeftOut =
  | { readonly kind: 'gone' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'own-write' }
  | { readonly kind: 'failed'; readonly outcome: MessageOutcome };

/** What an item's GET told beside its bytes. */
export interface ReadItem {
  readonly description: ObjectDescription;
  readonly tags: readonly ObjectTag[];
}

export type ReadResult = { readonly read: ReadItem } | { readonly leftOut: LeftOut };

type ReadDependencies = Pick<SourceDependencies, 'rule' | 'store'>;

/**
 * Reads a whole object, or its bytes from `start`, into place with one pinned GET. Tags take a second request, made
 * only when the answer counts some. Faults of the object are answers, not exceptions: its neighbours go on.
 */
export async function readItem(
  item: PackItem,
  into: Uint8Array,
  start: number,
  { rule, store }: ReadDependencies,
  signal: AbortSignal,
): Promise<ReadResult> {
  const { bucket, key, etag, size } = item.object;
  try {
    const range = into.length === size ? {} : { start };
    const description = await store.read({ bucket, key, etag, into, signal, ...range });
    if (start > 0) return { read: { description, tags: [] } };
    if (!rule.source.chain && decodeStamp(description.metadata, item.object) !== undefined) {
      return { leftOut: { kind: 'own-write' } };
    }
    refuseUnreadableMetadata(item, description);
    const tags = description.tagCount > 0 ? await readTags(item, description, store, signal) : [];
    return { read: { description, tags } };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (thrown instanceof ObjectNotFoundError) return { leftOut: { kind: 'gone' } };
    if (thrown instanceof ObjectChangedError) return { leftOut: { kind: 'changed' } };
    return { leftOut: { kind: 'failed', outcome: failedOutcome(asCompressorError(thrown)) } };
  }
}

/**
 * Tags cannot be pinned by ETag. Where the bucket keeps versions, the answer names the one it speaks of; elsewhere the
 * count must agree, and a successor's tags could at worst stand at the target until the successor itself arrives.
 */
async function readTags(
  item: PackItem,
  description: ObjectDescription,
  store: ReadDependencies['store'],
  signal: AbortSignal,
): Promise<ObjectTag[]> {
  const { bucket, key } = item.object;
  const { tags, versionId } = await store.readTags({ bucket, key }, signal);
  const replaced =
    versionId !== undefined && description.versionId !== undefined && versionId !== description.versionId;
  if (replaced) throw new ObjectChangedError(`s3://${bucket}/${key} was overwritten while its tags were read`);
  if (tags.length !== description.tagCount) {
    throw new TagsIncompleteError(
      `s3://${bucket}/${key} has ${description.tagCount} tags, S3 lists ${tags.length}. If this stays, allow s3:GetObjectTagging.`,
      { context: { bucket, key, expected: description.tagCount, actual: tags.length } },
    );
  }
  return tags;
}

function refuseUnreadableMetadata({ object: { bucket, key } }: PackItem, description: ObjectDescription): void {
  if (description.missingMetadata === 0) return;
  throw new MetadataUnreadableError(
    `s3://${bucket}/${key} has ${description.missingMetadata} metadata entries that S3 cannot return; they would be lost`,
    { context: { bucket, key, missing: description.missingMetadata } },
  );
}
