import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BufferPool } from '../../src/compression/buffer-pool.ts';

/** Whether all buffers of these pools are free; then this takes them all. */
export async function areIdle(...pools: readonly BufferPool[]): Promise<boolean> {
  const taken = pools.flatMap((pool) => Array.from({ length: pool.count }, () => pool.acquire()));
  return Promise.race([Promise.all(taken).then((buffers) => new Set(buffers).size === taken.length), nextTurn(false)]);
}
