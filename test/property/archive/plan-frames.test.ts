import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FRAME_TARGET, LARGE_OBJECT, MAX_FRAME_SIZE, MIN_PART_SIZE, TAR_BLOCK } from '../../../src/archive/format.ts';
import { memberName } from '../../../src/archive/member-name.ts';
import { planFrames } from '../../../src/archive/plan-frames.ts';
import { memberHeaderLength, memberPadding } from '../../../src/archive/tar-header.ts';
import { MIB } from '../../../src/units.ts';
import { itemAt } from '../../support/archives.ts';
import { objectKeys } from '../../support/hostile-keys.ts';

const members = fc.array(
  fc.record({
    name: objectKeys.map(memberName),
    size: fc.oneof(
      fc.integer({ min: 0, max: 64 * 1024 }),
      fc.integer({ min: 0, max: 3 * FRAME_TARGET }),
      fc.integer({ min: 0, max: 512 * MIB }),
    ),
  }),
  { maxLength: 20 },
);

test('every byte of every member is planned once, in order, without gaps', () => {
  fc.assert(
    fc.property(members, (list) => {
      const planned: { member: number; start: number; end: number }[] = [];
      for (const { slices, size } of planFrames(list)) {
        const end = slices.reduce((at, slice) => {
          const { name, size: objectSize } = itemAt(list, slice.member);
          const last = slice.start + slice.length === objectSize;
          const agrees =
            slice.offset === at &&
            slice.headerLength === (slice.start === 0 ? memberHeaderLength(name, objectSize) : 0) &&
            slice.padding === (last ? memberPadding(objectSize) : 0);
          if (!agrees) throw new Error(`Slice ${JSON.stringify(slice)} is not at ${at}`);
          const open = planned.at(-1);
          if (open?.member === slice.member && open.end === slice.start) open.end += slice.length;
          else planned.push({ member: slice.member, start: slice.start, end: slice.start + slice.length });
          return at + slice.headerLength + slice.length + slice.padding;
        }, 0);
        expect(end).toBe(size);
      }
      expect(planned).toEqual(list.map(({ size }, member) => ({ member, start: 0, end: size })));
    }),
  );
});

test('frames are never empty, and are whole tar blocks of a size that readers accept', () => {
  fc.assert(
    fc.property(members, (list) => {
      const sizes = [...planFrames(list)].map(({ size }) => size);
      expect(sizes.filter((size) => size === 0 || size % TAR_BLOCK !== 0 || size > MAX_FRAME_SIZE)).toEqual([]);
    }),
  );
});

test('a large object shares no frame, and all of its frames but the last are long enough for a multipart upload', () => {
  fc.assert(
    fc.property(members, (list) => {
      const frames = [...planFrames(list)];
      const shared = frames.filter(
        ({ slices }) => slices.length > 1 && slices.some(({ member }) => itemAt(list, member).size > LARGE_OBJECT),
      );
      const short = frames.filter(({ slices: [slice] }) => {
        if (slice === undefined) return true;
        const last = slice.start + slice.length === itemAt(list, slice.member).size;
        return !last && slice.length < MIN_PART_SIZE;
      });
      expect([shared, short]).toEqual([[], []]);
    }),
  );
});

test('members of different groups never share a frame', () => {
  const members = ['a', 'a', 'b', 'a', undefined].map((group, index) => ({
    name: `objects/${index}`,
    size: 1,
    ...(group === undefined ? {} : { group }),
  }));
  const frames = [...planFrames(members)].map(({ slices }) => slices.map(({ member }) => member));
  expect(frames).toEqual([[0, 1], [2], [3], [4]]);
});
