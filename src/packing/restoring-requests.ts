import { LARGE_OBJECT } from '../archive/format.ts';
import { countLargeFrames } from '../archive/plan-frames.ts';
import type { PackedArchive } from './telemetry.ts';

/**
 * What restoring large objects takes at a destination beyond the one write that every object takes: a look at the key,
 * and opening, parts and completion of an upload in place of a PUT.
 * @param sizes of the objects of an archive, in bytes
 */
export function restoringRequests(sizes: readonly number[]): Pick<PackedArchive, 'largeWrites' | 'looks'> {
  const large = sizes.filter((size) => size > LARGE_OBJECT);
  const largeWrites = large.reduce((sum, size) => sum + countLargeFrames(size) + 1, 0);
  return { largeWrites, looks: large.length };
}
