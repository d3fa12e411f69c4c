import type { ListedKey } from './dependencies.ts';

/** S3 has replicated most archives by then, and says of each whether it will. */
export const DUE_SECONDS = 600;
/** The clock's period, and a minute: an archive is due in one invocation at least. */
const DUE_FOR_SECONDS = 360;

/** Requests for each rule and invocation: 0.0004 USD per thousand, docs/deployment.md has the sum. */
const OLDEST = 4;
const DUE = 8;

/**
 * Which archives to ask S3 about when nothing points to trouble. What keeps one archive from being replicated keeps its successors, too:
 *
 * | archives                         | how many | find                                                   |
 * |----------------------------------|----------|--------------------------------------------------------|
 * | put 10 to 16 minutes ago         | up to 8  | rules that were removed, disabled, or cover too little |
 * | those with the oldest objects    | up to 4  | what S3 has had at work, or left, for hours            |
 *
 * With up to 8 archives in six minutes (1,900 a day) each archive is asked for once. Of more, some are, at equal distances.
 * @param listed keys of a rule, those with the oldest objects first
 * @param recent where `listed` is not all of them: keys from `RECENT_SECONDS` ago on
 */
export function chooseArchives(
  listed: readonly ListedKey[],
  recent: readonly ListedKey[] | undefined,
  now: number,
): ListedKey[] {
  const isDue = ({ lastModified }: ListedKey): boolean => lastModified <= now - DUE_SECONDS * 1000;
  const from = now - (DUE_SECONDS + DUE_FOR_SECONDS) * 1000;
  const due = recent?.filter(isDue) ?? listed.filter((key) => isDue(key) && key.lastModified > from);
  const chosen = [...listed.filter(isDue).slice(0, OLDEST), ...spread(due, DUE)];
  return [...new Map(chosen.map((key) => [key.key, key])).values()];
}

/** The time that a key may have, at the earliest, whose archive is due, packing of an ordinary batch included. */
export const RECENT_SECONDS = DUE_SECONDS + DUE_FOR_SECONDS + 900;

/** At equal distances, the first and the last among them. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]).filter(
    (item): item is T => item !== undefined,
  );
}
