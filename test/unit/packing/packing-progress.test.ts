import { expect, test } from '@jest/globals';
import { decodeProgress, encodeProgress } from '../../../src/packing/packing-progress.ts';

const PARTS = [
  { frames: 2, size: 30, crc32: 1, objectCrc32: 2 },
  { frames: 1, size: 70_000, crc32: 3, objectCrc32: 4 },
];
const PROGRESS = { uploadId: 'u', plannedFrames: 9, parts: PARTS, frameSizes: Uint32Array.of(10, 20, 70_000) };

test('progress is read as it was written', () => {
  expect(decodeProgress(encodeProgress(PROGRESS))).toEqual(PROGRESS);
  const nothing = { uploadId: '', plannedFrames: 1, parts: [], frameSizes: new Uint32Array() };
  expect(decodeProgress(encodeProgress(nothing))).toEqual(nothing);
});

test.each([
  ['a part of another size', { parts: [{ ...PARTS[0], size: 31 }, PARTS[1]] }],
  ['one frame too few', { frameSizes: Uint32Array.of(10, 20) }],
  ['one frame too many', { frameSizes: Uint32Array.of(10, 20, 70_000, 5) }],
])('progress with %s is discarded', (_, wrong) => {
  expect(decodeProgress(encodeProgress({ ...PROGRESS, ...wrong } as typeof PROGRESS))).toBeUndefined();
});

test.each(['', '{}', '[]', '{"version":2,"uploadId":"u","plannedFrames":1,"parts":[],"frameSizes":""}'])(
  'progress in another version is discarded: %s',
  (text) => {
    expect(decodeProgress(Buffer.from(text))).toBeUndefined();
  },
);
