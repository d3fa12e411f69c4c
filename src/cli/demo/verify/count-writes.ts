import type { PackedVersion } from '../upload/uploaded-object.ts';
import type { UploadRecord } from '../upload/uploader.ts';

/** Versions of one key in a bucket: one per write. */
export type WriteCounts = ReadonlyMap<string, number>;

/** How many times each key occurs. */
export function countKeys(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/**
 * Keys of a destination with too few or too many writes: if an early draft was not written, nothing was overwritten;
 * with one write too many, a replay or an older version was treated as new.
 * @param targetPrefix the destination's prefix of keys
 */
export function checkWrites(
  { objects }: Pick<UploadRecord, 'objects'>,
  counts: WriteCounts,
  { region, targetPrefix = '' }: { readonly region: string; readonly targetPrefix?: string },
): string[] {
  return objects.flatMap(({ key, writes: [min, max] }) => {
    // A missing object is reported elsewhere, as lost.
    const count = counts.get(targetPrefix + key) ?? min;
    if (count >= min && count <= max) return [];
    const expected = min === max ? String(min) : `${min} to ${max}`;
    return [`${region} ${JSON.stringify(key)} was written ${count} times instead of ${expected}`];
  });
}

/** Versions that were packed more often than they were announced. */
export function checkPacking(
  { objects, drafts, removals }: Pick<UploadRecord, 'objects' | 'drafts' | 'removals'>,
  packed: readonly PackedVersion[],
  repeated: readonly PackedVersion[],
): string[] {
  const counts = countKeys(packed.map(nameOf));
  const versions = [...objects, ...drafts, ...removals.restored, ...removals.traveling];
  // Undoing a deletion raises another event for the object, and that event is also repeated.
  const undone = [...removals.undone, ...removals.undone];
  // moto raises two events for a multipart upload.
  const parts = versions.filter(({ etag }) => etag.includes('-'));
  const announced = countKeys([...versions, ...parts, ...undone, ...repeated].map(nameOf));
  return [...counts].flatMap(([name, count]) => {
    const events = announced.get(name) ?? 0;
    return count <= events ? [] : [`${name} was packed ${count} times for ${events} events`];
  });
}

/** Objects in archives that were in an archive before. */
export function countPackedAgain(packed: readonly PackedVersion[]): number {
  return packed.length - new Set(packed.map(nameOf)).size;
}

function nameOf({ key, etag }: PackedVersion): string {
  return `${JSON.stringify(key)} (${etag})`;
}
