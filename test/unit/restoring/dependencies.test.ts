import { expect, test } from '@jest/globals';
import { MAX_FRAME_SIZE } from '../../../src/archive/format.ts';
import { compressBound } from '../../../src/compression/zstd-frames.ts';
import { COMPRESSED_BUFFER_SIZE } from '../../../src/restoring/dependencies.ts';
import { KIB } from '../../../src/units.ts';

test('a buffer fits the largest incompressible frame, with at most 1 KiB to spare', () => {
  const spare = COMPRESSED_BUFFER_SIZE - compressBound(MAX_FRAME_SIZE);
  expect(spare).toBeGreaterThanOrEqual(0);
  expect(spare).toBeLessThanOrEqual(KIB);
});
