import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { shareOutFrame } from '../../../../src/cli/demo/archives/share-out-frame.ts';

const SLICE_BYTES = 64 * 1024;

function sliceAt(index: number, type: string): Parameters<typeof shareOutFrame>[1][number] {
  return { type, offset: index * SLICE_BYTES, headerLength: 512, length: SLICE_BYTES - 512, padding: 0 };
}

describe('shareOutFrame', () => {
  test('gives a frame of one type to that type without reading it', async () => {
    const shares = await shareOutFrame(1000, [sliceAt(0, 'text/plain'), sliceAt(1, 'text/plain')], () =>
      Promise.reject(new Error('was read')),
    );
    expect([...shares]).toEqual([['text/plain', 1000]]);
  });

  test('gives incompressible content nearly all of the bytes, and distributes all of them', async () => {
    const frame = Buffer.concat([Buffer.alloc(SLICE_BYTES, 'text '), randomBytes(SLICE_BYTES)]);
    const shares = await shareOutFrame(66_000, [sliceAt(0, 'text/plain'), sliceAt(1, 'image/png')], () =>
      Promise.resolve(frame),
    );
    expect(shares.get('image/png')).toBeGreaterThan(65_000);
    expect((shares.get('image/png') ?? 0) + (shares.get('text/plain') ?? 0)).toBeCloseTo(66_000);
  });
});
