import { expect, test } from '@jest/globals';
import { LARGE_OBJECT } from '../../../src/archive/format.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { countFrames } from '../../../src/packing/count-frames.ts';
import { largeObjectRequests } from '../../../src/packing/large-object-requests.ts';
import { MIB } from '../../../src/units.ts';

function item(key: string, size: number): PackItem {
  return { object: { bucket: 'b', key, size, etag: 'e', eventTime: 0 }, messages: [], superseded: [] };
}

test('frames are counted per content class, from the bytes of all of its objects', () => {
  const items = [item('a.json', 5 * MIB), item('b.parquet', MIB), item('c.json', 5 * MIB), item('d', 0)];
  expect([...countFrames(items)]).toEqual([
    ['text', 2],
    ['columnar', 1],
    ['other', 0],
  ]);
});

test('an archive without objects has no frames', () => {
  expect(countFrames([]).size).toBe(0);
});

test('only an object larger than a frame needs the requests of a large object', () => {
  expect(largeObjectRequests([1, LARGE_OBJECT])).toEqual({ largeReads: 0, largeWrites: 0, looks: 0 });
  const { largeReads, largeWrites, looks } = largeObjectRequests([LARGE_OBJECT + 1]);
  expect([largeReads > 0, largeWrites - largeReads, looks]).toEqual([true, 1, 1]);
});
