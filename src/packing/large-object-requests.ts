import { LARGE_OBJECT } from '../archive/format.ts';
import { countLargeFrames } from '../archive/plan-frames.ts';
import type { PackedArchive } from './telemetry.ts';

/**
 * Requests for large objects beyond the one GET and the one PUT of every object. At the source: a GET per frame instead
 * of one, and a HEAD for the checksum. At a destination: a HEAD of the key, and the creation, parts and completion of
 * an upload instead of a PUT.
 * @param sizes of the objects of an archive, in bytes
 */
export function largeObjectRequests(
  sizes: readonly number[],
): Pick<PackedArchive, 'largeReads' | 'largeWrites' | 'looks'> {
  const large = sizes.filter((size) => size > LARGE_OBJECT);
  const frames = large.reduce((sum, size) => sum + countLargeFrames(size), 0);
  return { largeReads: frames, largeWrites: frames + large.length, looks: large.length };
}
