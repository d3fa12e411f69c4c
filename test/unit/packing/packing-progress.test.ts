import { expect, test } from '@jest/globals';
import { decodeProgress, encodeProgress } from '../../../src/packing/packing-progress.ts';

const PARTS = [
  { frames: 2, size: 30, crc32: 1, objectCrc32: 2 },
  { frames: 1, size: 70_000, crc32: 3, objectCrc32: 4 },
];
const PROGRESS = { uploadId: 'u', plannedFrames: 9, parts: PARTS, frameSizes: Uint32Array.of(10, 20, 70_000) };

test('what an archive has reached is read as it was written', () => {
  expect(decodeProgress(encodeProgress(PROGRESS))).toEqual(PROGRESS);
  const nothing = { uploadId: '', plannedFrames: 1, parts: [], frameSizes: new Uint32Array() };
  expect(decodeProgress(encodeProgress(nothing))).toEqual(nothing);
});

test.each([
  ['a part of another size', { parts: [{ ...PARTS[0], size: 31 }, PARTS[1]] }],
  ['a frame too few', { frameSizes: Uint32Array.of(10, 20) }],
  ['a frame too many', { frameSizes: Uint32Array.of(10, 20, 70_000, 5) }],
])('%s makes it worth nothing: the archive starts over', (_, wrong) => {
  expect(decodeProgress(encodeProgress({ ...PROGRESS, ...wrong } as typeof PROGRESS))).toBeUndefined();
});

test.each(['', '{}', '[]', '{"version":2,"uploadId":"u","plannedFrames":1,"parts":[],"frameSizes":""}'])(
  'what another version wrote is worth nothing: %s',
  (text) => {
    expect(decodeProgress(Buffer.from(text))).toBeUndefined();
  },
);
