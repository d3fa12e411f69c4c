import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  LARGE_OBJECT,
  MAX_FRAME_SIZE,
  MAX_FRAMES,
  MAX_MANIFEST_SIZE,
  MAX_OBJECT_SIZE,
  MAX_PART_SIZE,
  MAX_PARTS,
  MIN_PART_SIZE,
} from '../../../src/archive/format.ts';
import { countLargeFrames, largeSliceLength } from '../../../src/archive/plan-frames.ts';
import { framesPerPart, MAX_BODY_PARTS, PartLayout } from '../../../src/archive/plan-parts.ts';
import { compressBound } from '../../../src/compression/zstd-frames.ts';
import { MIB } from '../../../src/units.ts';

/** S3's own largest object: 10,000 parts of 5 GiB. */
const MAX_UPLOAD = MAX_PARTS * MAX_PART_SIZE;
/** All orders of magnitude alike, and values around the numbers at which the layout changes. */
const sizes = fc.oneof(
  fc.double({ min: 0, max: Math.log2(MAX_OBJECT_SIZE), noNaN: true }).map((power) => Math.floor(2 ** power)),
  fc
    .tuple(
      fc.constantFrom(0, LARGE_OBJECT, 9_999 * 8 * MIB, 10_000 * 8 * MIB, 639_936 * 8 * MIB, MAX_OBJECT_SIZE),
      fc.integer({ min: -5 * MIB, max: 5 * MIB }),
    )
    .map(([size, more]) => Math.min(MAX_OBJECT_SIZE, Math.max(0, size + more))),
);
const runs = { numRuns: 2000 };

test('any object up to 50 TB is covered exactly by parts that S3 accepts', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const layout = new PartLayout(size, largeSliceLength(size));
      expect(layout.parts).toBeGreaterThan(0);
      expect(layout.parts).toBeLessThanOrEqual(MAX_BODY_PARTS);
      let [bytes, slices] = [0, 0];
      for (let part = 0; part < layout.parts; part += 1) {
        const partSize = layout.sizeOf(part);
        if (partSize > MAX_PART_SIZE || (part < layout.parts - 1 && partSize < MIN_PART_SIZE)) {
          throw new Error(`part ${part} of ${layout.parts} has ${partSize} bytes`);
        }
        if (layout.partOf(slices) !== part) throw new Error(`slice ${slices} is not in part ${part}`);
        bytes += partSize;
        slices += layout.slicesIn(part);
      }
      expect(bytes).toBe(size);
      expect(slices).toBe(layout.slices);
    }),
    { numRuns: 300 },
  );
});

test('S3 accepts the archive of any such object, even an incompressible one', () => {
  fc.assert(
    fc.property(sizes, (size) => {
      const frames = countLargeFrames(size);
      const perPart = framesPerPart(frames);
      // Parts are closed after `perPart` frames, never earlier, so this is the maximum; the end goes into the last one.
      const parts = Math.ceil(frames / perPart);
      const frame = compressBound(Math.min(MAX_FRAME_SIZE, largeSliceLength(size) + 16_384));
      const end = compressBound(MAX_MANIFEST_SIZE) + 8 * (frames + 1) + 17;
      expect(parts).toBeLessThanOrEqual(MAX_BODY_PARTS);
      expect(perPart * frame + end).toBeLessThanOrEqual(MAX_PART_SIZE);
      expect(frames * frame + end).toBeLessThanOrEqual(MAX_UPLOAD);
    }),
    runs,
  );
});

test('the largest object has no more frames than readers accept', () => {
  expect(countLargeFrames(MAX_OBJECT_SIZE) + 1).toBeLessThanOrEqual(MAX_FRAMES);
});

test('each frame is a part as long as there are enough parts', () => {
  expect(framesPerPart(1)).toBe(1);
  expect(framesPerPart(9_999)).toBe(1);
  expect(framesPerPart(10_000)).toBe(64);
  expect(framesPerPart(639_936)).toBe(64);
  expect(framesPerPart(639_937)).toBe(65);
  // The numbers of docs/format.md.
  expect(countLargeFrames(MAX_OBJECT_SIZE)).toBe(5_960_101);
  expect(new PartLayout(MAX_OBJECT_SIZE, largeSliceLength(MAX_OBJECT_SIZE))).toMatchObject({
    slicesPerPart: 597,
    parts: 9_984,
  });
});
