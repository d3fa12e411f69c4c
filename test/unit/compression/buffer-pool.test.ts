import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';

describe('BufferPool', () => {
  test('reuses a returned buffer', async () => {
    const pool = new BufferPool(8, 1);
    const buffer = await pool.acquire();
    pool.release(buffer);
    expect(await pool.acquire()).toBe(buffer);
  });

  test('makes no more buffers than its count, and serves waiting callers in order', async () => {
    const pool = new BufferPool(8, 2);
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const order: string[] = [];
    const waiting = [pool.acquire().then(() => order.push('third')), pool.acquire().then(() => order.push('fourth'))];
    await Promise.resolve();
    expect(order).toEqual([]);
    pool.release(first);
    pool.release(second);
    await Promise.all(waiting);
    expect(order).toEqual(['third', 'fourth']);
  });

  test('replaces a buffer that was lost with a worker', async () => {
    const pool = new BufferPool(8, 1);
    const buffer = await pool.acquire();
    structuredClone(buffer, { transfer: [buffer] });
    expect(buffer.byteLength).toBe(0);
    pool.release(buffer);
    expect((await pool.acquire()).byteLength).toBe(8);
  });
});
