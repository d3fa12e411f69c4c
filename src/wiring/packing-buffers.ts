import { MAX_FRAME_SIZE } from '../archive/format.ts';
import { BufferPool } from '../compression/buffer-pool.ts';
import { compressBound } from '../compression/zstd-frames.ts';
import { PART_BUFFER_SIZE } from '../packing/archive-upload.ts';
import type { PackingBuffers } from '../packing/dependencies.ts';

/** Archive parts that are being sent to S3, in addition to those that are being filled. */
const PARTS_IN_FLIGHT = 2;

/**
 * Memory of packing: a frame in each worker, one waiting for each, and two being read. Archives that are packed
 * concurrently share it. Each holds a part until that is full, so each has a separate one: otherwise they could
 * deadlock.
 */
export function createPackingBuffers(threads: number, archives = 1): PackingBuffers {
  const frames = 2 * threads + 2;
  return {
    inputs: new BufferPool(MAX_FRAME_SIZE, frames),
    outputs: new BufferPool(compressBound(MAX_FRAME_SIZE), frames),
    parts: new BufferPool(PART_BUFFER_SIZE, PARTS_IN_FLIGHT + archives),
  };
}
