import type { ListedKey } from './dependencies.ts';

/** After this time, S3 has replicated most archives, and reports for each one whether it will. */
export const DUE_SECONDS = 600;
/** The schedule's period plus a minute, so that each archive is due in at least one invocation. */
const DUE_FOR_SECONDS = 360;

/** Requests for each rule and invocation: 0.0004 USD per thousand, docs/deployment.md has the sum. */
const OLDEST = 4;
const DUE = 8;

/**
 * Which archives to ask S3 about if there is no sign of trouble. Whatever keeps one archive from being replicated also
 * affects its successors:
 *
 * | archives                         | how many | find                                                   |
 * |----------------------------------|----------|--------------------------------------------------------|
 * | put 10 to 16 minutes ago         | up to 8  | rules that were removed, disabled, or cover too little |
 * | those with the oldest objects    | up to 4  | archives that S3 has worked on, or ignored, for hours  |
 *
 * With up to 8 archives in six minutes (1,900 a day) S3 is asked once about each archive; with more, about some of
 * them, evenly spaced.
 * @param listed keys of a rule, those with the oldest objects first
 * @param recent if `listed` is incomplete: keys since `RECENT_SECONDS` ago
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

/** The earliest time in the key of a due archive, including the time to pack an ordinary batch. */
export const RECENT_SECONDS = DUE_SECONDS + DUE_FOR_SECONDS + 900;

/** Evenly spaced, including the first and the last. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]).filter(
    (item): item is T => item !== undefined,
  );
}
