import { guessContentClass } from '../adaptive/content-class.ts';
import { LARGE_OBJECT, MAX_MANIFEST_SIZE } from '../archive/format.ts';
import type { PackItem } from './collect-objects.ts';

/**
 * Bytes of a manifest entry besides three spellings of its key, with room for some metadata and tags. Objects with much
 * more of both can still outgrow a manifest; such an archive is packed in halves.
 */
const MANIFEST_ENTRY_BYTES = 700;
const MANIFEST_BUDGET = 0.75 * MAX_MANIFEST_SIZE;

/**
 * Cuts a batch into archives, by bytes only.
 *
 * | item                                   | archive                        |
 * |----------------------------------------|--------------------------------|
 * | has `ownArchiveBytes` or more          | gets a separate archive        |
 * | fits                                   | joins the open archive         |
 * | would exceed `archiveBytes`            | closes it and begins the next  |
 * | would make the manifest too large      | closes it and begins the next  |
 *
 * Large objects come first: if one turns out to be gone, that is cheapest before anything else is read. The others are
 * sorted by class of content, type and key, so that similar bytes share a frame (ratio 2-4% better), and each frame has
 * one level.
 */
export function cutArchives(
  items: readonly PackItem[],
  archiveBytes: number,
  ownArchiveBytes = Number.POSITIVE_INFINITY,
): PackItem[][] {
  const archives: PackItem[][] = [];
  let open: PackItem[] = [];
  let bytes = 0;
  let manifestBytes = 0;
  for (const item of items.toSorted(byLikeness)) {
    if (item.object.size >= ownArchiveBytes) {
      archives.push([item]);
      continue;
    }
    const entry = MANIFEST_ENTRY_BYTES + 3 * Buffer.byteLength(item.object.key);
    const isFull = bytes + item.object.size > archiveBytes || manifestBytes + entry > MANIFEST_BUDGET;
    if (open.length > 0 && isFull) {
      archives.push(open);
      open = [];
      bytes = 0;
      manifestBytes = 0;
    }
    open.push(item);
    bytes += item.object.size;
    manifestBytes += entry;
  }
  if (open.length > 0) archives.push(open);
  return archives;
}

function byLikeness(left: PackItem, right: PackItem): number {
  const [a, b] = [left, right].map(({ object }) => (object.size > LARGE_OBJECT ? 0 : 1)) as [number, number];
  return (
    a - b ||
    compareText(guessContentClass(left.object.key), guessContentClass(right.object.key)) ||
    compareText(typeOf(left), typeOf(right)) ||
    compareText(left.object.key, right.object.key)
  );
}

function typeOf({ object: { key } }: PackItem): string {
  return /\.[A-Za-z0-9]{1,8}$/.exec(key)?.[0].toLowerCase() ?? '';
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
