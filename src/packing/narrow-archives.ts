import { WorkerLostError } from '../compression/errors.ts';
import { type CompressorError, UnexpectedError } from '../errors.ts';
import type { PackItem } from './collect-objects.ts';
import { ManifestTooLargeError } from './errors.ts';

/** From this receive on, a failure is attributed to one object; most failures pass before. */
const FIRST_NARROW_RECEIVE = 3;
/** A failed archive is cut into this many at each further receive. */
const NARROWING = 8;

/**
 * Whether one object, which the error does not name, may have made a whole archive fail: then it is packed in halves at
 * once. Problems with S3 or the role would affect both halves alike.
 */
export function mayBeCausedByOneObject(error: CompressorError): boolean {
  if (error instanceof ManifestTooLargeError || error instanceof WorkerLostError) return true;
  return error instanceof UnexpectedError || !error.retryable;
}

/**
 * Packs objects whose messages keep returning into smaller and smaller archives. A process that was killed, or ran out
 * of time, cannot say why; the next one only knows the receive counts of the messages.
 *
 * | receive                   | objects of an archive      |
 * |---------------------------|----------------------------|
 * | first, second             | all                        |
 * | third                     | an eighth                  |
 * | fourth                    | a sixty-fourth, and so on  |
 * | last before dead-lettering | one                       |
 *
 * @param cut cuts items into archives by their bytes
 */
export function narrowArchives(
  items: readonly PackItem[],
  maxReceives: number,
  cut: (items: readonly PackItem[]) => PackItem[][],
): PackItem[][] {
  // The first and the second receive make archives together.
  const byReceive = Map.groupBy(items, (item) => Math.max(FIRST_NARROW_RECEIVE - 1, receiveCountOf(item)));
  return [...byReceive]
    .toSorted(([left], [right]) => left - right)
    .flatMap(([receives, alike]) =>
      cut(alike).flatMap((archive) => slices(archive, maxObjects(archive.length, receives, maxReceives))),
    );
}

/** How often an object was tried, including this time. */
export function receiveCountOf({ messages }: PackItem): number {
  return messages.reduce((most, { receiveCount }) => Math.max(most, receiveCount), 1);
}

function maxObjects(objects: number, receives: number, maxReceives: number): number {
  if (receives < FIRST_NARROW_RECEIVE) return objects;
  if (receives >= maxReceives) return 1;
  return Math.ceil(objects / NARROWING ** (receives - FIRST_NARROW_RECEIVE + 1));
}

function slices<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
}
