import { LARGE_OBJECT } from '../archive/format.ts';
import { countLargeFrames } from '../archive/plan-frames.ts';
import type { PackedArchive } from './telemetry.ts';

/**
 * What large objects take beyond the one GET and the one PUT of every object. At the source a GET for each frame instead of one, and a
 * HEAD for the checksum; at a destination a look at the key, and opening, parts and completion of an upload in place of a PUT.
 * @param sizes of the objects of an archive, in bytes
 */
export function largeObjectRequests(
  sizes: readonly number[],
): Pick<PackedArchive, 'largeReads' | 'largeWrites' | 'looks'> {
  const large = sizes.filter((size) => size > LARGE_OBJECT);
  const frames = large.reduce((sum, size) => sum + countLargeFrames(size), 0);
  return { largeReads: frames, largeWrites: frames + large.length, looks: large.length };
}
