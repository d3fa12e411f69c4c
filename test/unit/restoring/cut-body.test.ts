import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../../src/compression/buffer-pool.ts';
import { cutBody } from '../../../src/restoring/cut-body.ts';

async function* chunks(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let next = 0;
  for (const size of sizes) {
    await Promise.resolve();
    yield Uint8Array.from({ length: size }, () => next++ % 256);
  }
}

describe('cutBody', () => {
  test.each([
    ['nothing', [], [0]],
    ['less than a part', [3], [3]],
    ['exactly a part', [4, 6], [10]],
    ['chunks that cross part boundaries', [7, 7, 7], [10, 10, 1]],
    ['one chunk as long as several parts', [35], [10, 10, 10, 5]],
  ])('cuts %s into parts of ten bytes', async (_, sizes, expected) => {
    const pool = new BufferPool(16, 1);
    const bytes: number[] = [];
    const lengths: number[] = [];
    for await (const part of cutBody(chunks(...sizes), 10, pool)) {
      expect(part.index).toBe(lengths.length);
      lengths.push(part.bytes.length);
      bytes.push(...part.bytes);
      part.release();
    }

    expect(lengths).toEqual(expected);
    expect(bytes).toEqual(bytes.map((_byte, index) => index % 256));
  });

  test('releases its buffer when the body fails', async () => {
    const pool = new BufferPool(16, 1);
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* chunks(3);
      throw new Error('the body failed');
    }

    await expect(cutBody(failing(), 10, pool).next()).rejects.toThrow('the body failed');
    await pool.acquire();
  });
});
