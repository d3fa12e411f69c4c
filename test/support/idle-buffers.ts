import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BufferPool } from '../../src/compression/buffer-pool.ts';

/** Whether nobody holds a buffer of these pools; they are all taken then. */
export async function areIdle(...pools: readonly BufferPool[]): Promise<boolean> {
  const taken = pools.flatMap((pool) => Array.from({ length: pool.count }, () => pool.acquire()));
  return Promise.race([Promise.all(taken).then((buffers) => new Set(buffers).size === taken.length), nextTurn(false)]);
}
