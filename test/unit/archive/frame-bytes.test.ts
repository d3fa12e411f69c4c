import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { CorruptArchiveError, ObjectChecksumError } from '../../../src/archive/errors.ts';
import type { NamedSlice } from '../../../src/archive/frame-bytes.ts';
import { assembleFrame, verifyFrame } from '../../../src/archive/frame-bytes.ts';
import { planFrames } from '../../../src/archive/plan-frames.ts';
import { itemAt } from '../../support/archives.ts';

const BODIES = new Map([
  ['objects/one', Buffer.from('first body')],
  ['objects/zwei-ü', Buffer.alloc(700, 'second ')],
  ['objects/leer', Buffer.alloc(0)],
  ['objects/four', Buffer.alloc(512, 'fourth ')],
]);

/** A frame's buffer after the reads: bodies at their planned offsets, everything else left over from before. */
function filledBuffer(): { buffer: Buffer; slices: NamedSlice[] } {
  const members = [...BODIES].map(([name, body]) => ({ name, size: body.length }));
  const { slices, size } = itemAt([...planFrames(members)], 0);
  const buffer = Buffer.alloc(size + 2048, 0xee);
  const named = slices.map((slice) => ({ ...slice, ...itemAt(members, slice.member), modified: 1_700_000_000 }));
  for (const { name, offset, headerLength } of named) buffer.set(BODIES.get(name) ?? [], offset + headerLength);
  return { buffer, slices: named };
}

describe('assembleFrame', () => {
  test('leaves bodies at their planned offsets and fills in everything between them', () => {
    const { buffer, slices } = filledBuffer();
    const { size, offsets, checksums } = assembleFrame(buffer, slices);
    expect(offsets).toEqual(slices.map(({ offset }) => offset));
    expect(checksums).toEqual([...BODIES.values()].map(crc32));
    expect(verifyFrame(buffer.subarray(0, size), slices)).toEqual(checksums);
  });

  test.each([[[0]], [[1]], [[0, 2]], [[3]], [[0, 1, 2, 3]]])(
    'closes the gaps of members that could not be read (%j)',
    (missing) => {
      const { buffer, slices } = filledBuffer();
      const kept = slices.filter((_, index) => !missing.includes(index));
      const { size, offsets, checksums } = assembleFrame(buffer, kept);
      const moved = kept.map((slice, index) => ({ ...slice, offset: itemAt(offsets, index) }));
      expect(verifyFrame(buffer.subarray(0, size), moved)).toEqual(checksums);
      expect(checksums).toEqual(kept.map(({ name }) => crc32(BODIES.get(name) ?? Buffer.alloc(0))));
      expect(offsets[0] ?? 0).toBe(0);
    },
  );

  test('ends the tar with two blocks of zeros on request', () => {
    const { buffer, slices } = filledBuffer();
    const open = assembleFrame(Buffer.from(buffer), slices);
    const closed = assembleFrame(buffer, slices, true);
    expect(closed.size).toBe(open.size + 1024);
    expect(buffer.subarray(open.size, closed.size)).toEqual(Buffer.alloc(1024));
  });
});

describe('verifyFrame', () => {
  function assembled(): { tar: Buffer; slices: NamedSlice[]; first: NamedSlice } {
    const { buffer, slices } = filledBuffer();
    const { size } = assembleFrame(buffer, slices);
    return { tar: buffer.subarray(0, size), slices, first: itemAt(slices, 0) };
  }

  test('refuses bytes that are not those of the source', () => {
    const { tar, first } = assembled();
    const crc = crc32(Buffer.from('first body'));
    tar.write('F', 512);
    expect(() => verifyFrame(tar, [{ ...first, crc32: crc }])).toThrow(ObjectChecksumError);
    expect(() => verifyFrame(tar, [{ ...first, crc32: crc }])).toThrow(/"objects\/one" have CRC-32 [0-9a-f]{8}/);
  });

  test('refuses anything but zeros after a body', () => {
    const { tar, slices } = assembled();
    tar.writeUInt8(1, 1023);
    expect(() => verifyFrame(tar, slices)).toThrow(CorruptArchiveError);
  });

  test('refuses a slice that ends beyond the frame', () => {
    const { tar, slices } = assembled();
    expect(() => verifyFrame(tar.subarray(0, -1), slices)).toThrow(/"objects\/four" ends beyond its frame/);
  });

  test.each([512, 1, 2 ** 40, Number.MAX_SAFE_INTEGER])('refuses a slice that is off by %d bytes', (distance) => {
    const { tar, first } = assembled();
    expect(() => verifyFrame(tar, [{ ...first, offset: first.offset + distance }])).toThrow(CorruptArchiveError);
  });
});
