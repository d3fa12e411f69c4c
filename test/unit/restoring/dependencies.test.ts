import { expect, test } from '@jest/globals';
import { KIB, MAX_FRAME_SIZE } from '../../../src/archive/format.ts';
import { compressBound } from '../../../src/compression/zstd-frames.ts';
import { COMPRESSED_BUFFER_SIZE } from '../../../src/restoring/dependencies.ts';

test('a buffer takes the largest frame that does not compress, and not much more', () => {
  const spare = COMPRESSED_BUFFER_SIZE - compressBound(MAX_FRAME_SIZE);
  expect(spare).toBeGreaterThanOrEqual(0);
  expect(spare).toBeLessThanOrEqual(KIB);
});
