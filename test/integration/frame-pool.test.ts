import { afterAll, describe, expect, test } from '@jest/globals';
import { FramePool } from '../../src/compression/frame-pool.ts';
import { compressBound } from '../../src/compression/zstd-frames.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';

const pool = new FramePool({ worker: frameWorkerModule(), threads: 2 });
afterAll(() => pool.close());

const SIZE = 100_000;
const slice = { name: 'objects/k', size: SIZE, offset: 0, headerLength: 512, length: SIZE, padding: 352 };

function compressTask() {
  const input = new ArrayBuffer(SIZE + 4096);
  new Uint8Array(input).fill(7, 512, 512 + SIZE);
  const output = new ArrayBuffer(compressBound(SIZE + 4096));
  return {
    kind: 'compress' as const,
    input,
    output,
    slices: [{ ...slice, modified: 0 }],
    endsTar: false,
    levels: { level: 3 },
  };
}

describe('the worker pool', () => {
  test('transfers both buffers back: nothing is copied between the threads', async () => {
    const task = compressTask();
    const frame = await pool.compress(task);
    expect([task.input.byteLength, task.output.byteLength]).toEqual([0, 0]);
    expect(frame.input.byteLength).toBe(SIZE + 4096);
    expect(frame.output.byteLength).toBe(compressBound(SIZE + 4096));
    expect(frame).toMatchObject({ decompressed: 512 + SIZE + 352, offsets: [0] });
  });

  test('restores what it compressed, and reports the checksum', async () => {
    const frame = await pool.compress(compressTask());
    const { compressed, decompressed, checksums } = frame;
    const restored = await pool.restore({
      kind: 'restore',
      input: frame.output,
      compressed,
      output: frame.input,
      decompressed,
      slices: [slice],
    });
    expect(restored.checksums).toEqual(checksums);
    expect(new Uint8Array(restored.output, 512, SIZE).every((byte) => byte === 7)).toBe(true);
  });

  test('reports damage as a typed error and continues', async () => {
    const damage = async (
      change: (bytes: Uint8Array) => void,
      expected: Partial<typeof slice & { crc32: number }> = {},
    ) => {
      const frame = await pool.compress(compressTask());
      change(new Uint8Array(frame.output, 0, frame.compressed));
      const { compressed, decompressed } = frame;
      const slices = [{ ...slice, ...expected }];
      return pool.restore({
        kind: 'restore',
        input: frame.output,
        compressed,
        output: frame.input,
        decompressed,
        slices,
      });
    };
    const flipped = damage((bytes) => {
      bytes.set([(bytes.at(-1) ?? 0) ^ 1], bytes.length - 1);
    });
    await expect(flipped).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT', retryable: false });
    const unchanged = (): void => undefined;
    await expect(damage(unchanged, { crc32: 1 })).rejects.toMatchObject({ code: 'OBJECT_CHECKSUM_MISMATCH' });
    await expect(damage(unchanged, { name: 'objects/other' })).rejects.toMatchObject({ code: 'ARCHIVE_CORRUPT' });
    await expect(damage(unchanged)).resolves.toMatchObject({ kind: 'restored' });
  });

  test('turns a task that a worker cannot do into a retryable error', async () => {
    const task = { ...compressTask(), output: new ArrayBuffer(10) };
    await expect(pool.compress(task)).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
  });
});
