import type { RemovalRecord } from '../upload/uploader.ts';
import type { WriteCounts } from './count-writes.ts';

/** The versions of keys in a destination. */
export interface KeptHistory {
  readonly versions: WriteCounts;
  readonly markers: WriteCounts;
}

/**
 * A sentence for each deletion that a destination did not carry out correctly. Destinations are versioned, so each
 * deletion leaves a delete marker above the object.
 *
 * | deleted at the source          | versions  | delete markers |
 * |--------------------------------|-----------|----------------|
 * | when the object had arrived    | 1         | 1              |
 * | while it was on its way        | none      | none           |
 * | and undone, or rewritten        | see `checkWrites` | 1  |
 */
export function checkRemovals(
  { restored, traveling, undone, rewritten }: RemovalRecord,
  { versions, markers }: KeptHistory,
  { region, targetPrefix = '' }: { readonly region: string; readonly targetPrefix?: string },
): string[] {
  const check = (kept: WriteCounts, key: string, expected: number, what: string): string[] => {
    const count = kept.get(targetPrefix + key) ?? 0;
    return count === expected ? [] : [`${region} ${JSON.stringify(key)} ${what} ${count} times instead of ${expected}`];
  };
  const deleted = [...restored, ...undone, ...rewritten].flatMap(({ key }) => check(markers, key, 1, 'was deleted'));
  const written = restored.flatMap(({ key }) => check(versions, key, 1, 'was written'));
  const returned = traveling.flatMap(({ key }) => [
    ...check(versions, key, 0, 'was written after its deletion'),
    ...check(markers, key, 0, 'was deleted'),
  ]);
  return [...deleted, ...written, ...returned];
}
