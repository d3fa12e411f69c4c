import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { CompressedFrame, FrameLevels } from '../../../src/compression/frame-contract.ts';
import { runFrameTask } from '../../../src/compression/run-frame-task.ts';
import { compressBound, FrameCompressor } from '../../../src/compression/zstd-frames.ts';
import { STORE_LEVEL } from '../../../src/configuration/schema/levels.ts';
import { MIB } from '../../../src/units.ts';
import { makeCorpus } from '../../benchmark/workloads.ts';

const text = makeCorpus('logs').subarray(0, 4 * MIB);
const noise = randomBytes(4 * MIB);

function compress(bytes: Uint8Array, levels: FrameLevels): CompressedFrame {
  const headerLength = 512;
  const size = headerLength + bytes.length;
  const input = new ArrayBuffer(size);
  new Uint8Array(input).set(bytes, headerLength);
  const slice = { name: 'objects/x', size: bytes.length, modified: 0, offset: 0, headerLength, padding: 0 };
  const slices = [{ ...slice, length: bytes.length }];
  const output = new ArrayBuffer(compressBound(size));
  const result = runFrameTask({ kind: 'compress', input, output, slices, endsTar: false, levels });
  if (result.kind !== 'compressed') throw new TypeError(`The answer is ${result.kind}`);
  return result;
}

describe('a frame that is tested', () => {
  const levels: FrameLevels = { level: 9, ifPacked: { above: 0.95, level: STORE_LEVEL } };

  test('gets its level if it can be compressed, and reports how well', () => {
    const { level, test: found } = compress(text, levels);
    expect(level).toBe(9);
    expect(found?.isPacked).toBe(false);
    expect(found?.fraction).toBeGreaterThan(0.15);
    expect(found?.fraction).toBeLessThan(0.4);
  });

  test('gets the other level if it is already compressed', () => {
    const { level, test: found, compressed, decompressed } = compress(noise, levels);
    expect(level).toBe(STORE_LEVEL);
    expect(found).toMatchObject({ isPacked: true });
    expect(compressed / decompressed).toBeLessThan(1.0001);
  });

  test('is judged by all of its bytes, not by its beginning', () => {
    const { test: found } = compress(Buffer.concat([text.subarray(0, 2 * MIB), noise.subarray(0, 2 * MIB)]), levels);
    expect(found?.fraction).toBeGreaterThan(0.55);
    expect(found?.fraction).toBeLessThan(0.75);
  });

  test('is not tested unless the caller asks for it', () => {
    expect(compress(noise, { level: 3 })).not.toHaveProperty('test');
  });
});

describe('storing', () => {
  test.each([
    ['text', text],
    ['noise', noise],
  ])('leaves %s unchanged, in a frame that any zstd can read and whose checksum is valid', (_, bytes) => {
    const output = new Uint8Array(compressBound(bytes.length));
    const length = new FrameCompressor().compress(output, bytes, STORE_LEVEL);
    expect(length).toBeGreaterThan(bytes.length);
    expect(length).toBeLessThan(bytes.length * 1.0001);
    expect(Buffer.compare(zstdDecompressSync(output.subarray(0, length)), bytes)).toBe(0);
    output[length - 1] = (output[length - 1] ?? 0) ^ 1;
    expect(() => zstdDecompressSync(output.subarray(0, length))).toThrow(/checksum/i);
  });
});

describe('a probe', () => {
  test('tries the levels up to 12 on a spread sample, and returns the buffer', () => {
    const input = new ArrayBuffer(text.length);
    new Uint8Array(input).set(text);
    const result = runFrameTask({ kind: 'probe', input, size: text.length, levels: [STORE_LEVEL, 1, 9, 19] });
    if (result.kind !== 'probed') throw new TypeError(`The answer is ${result.kind}`);
    expect(result.input).toBe(input);
    expect(result.levels.map(({ level }) => level)).toEqual([STORE_LEVEL, 1, 9]);
    const [stored, one, nine] = result.levels.map(({ fraction }) => fraction);
    expect(stored).toBeCloseTo(1, 3);
    expect(nine).toBeLessThan(one ?? 0);
    // Relative gains of levels are accurate to a few percent (docs/performance.md).
    const whole = (level: number): number => compress(text, { level }).compressed;
    expect((nine ?? 0) / (one ?? 1)).toBeCloseTo(whole(9) / whole(1), 1);
  });
});

describe('the benchmark of a machine', () => {
  test('takes at most 150 ms of CPU time, and finds a plausible speed', () => {
    // The first run includes JIT compilation and memory allocation. A worker runs it only once, too, but the best of
    // three varies less.
    const runs = Array.from({ length: 3 }, () => {
      const before = process.threadCpuUsage();
      const result = runFrameTask({ kind: 'measure-speed' });
      const { user, system } = process.threadCpuUsage(before);
      return { result, milliseconds: (user + system) / 1000 };
    });
    expect(Math.min(...runs.map(({ milliseconds }) => milliseconds))).toBeLessThan(150);
    for (const { result } of runs) {
      expect(result).toMatchObject({ kind: 'speed', megabytesPerSecond: expect.any(Number) });
      if (result.kind === 'speed') expect(result.megabytesPerSecond).toBeGreaterThan(1);
    }
  });
});
