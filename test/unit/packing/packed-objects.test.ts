import { expect, test } from '@jest/globals';
import { combineCrc32 } from '../../../src/archive/checksum.ts';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import type { ReadSlice } from '../../../src/packing/pack-frame.ts';
import { PackedObjects, RestartWithoutItem } from '../../../src/packing/packed-objects.ts';
import type { ExclusionReason, ReadItem } from '../../../src/packing/read-item.ts';

const ITEM: PackItem = {
  object: { bucket: 'source-bucket', key: 'large.bin', etag: 'e1', size: 20, eventTime: 0 },
  messages: [],
  superseded: [],
};
/** S3 reports no checksum, so only the frames show what is in the archive. */
const READ: ReadItem = {
  description: {
    size: 20,
    etag: 'e1',
    lastModified: new Date(0),
    headers: {},
    metadata: {},
    storageClass: 'STANDARD',
    tagCount: 0,
    missingMetadata: 0,
  },
  tags: [],
};
const sliceAt = (start: number): ReadSlice => ({
  item: ITEM,
  slice: { member: 0, offset: 0, headerLength: start === 0 ? 512 : 0, start, length: 10, padding: 0 },
  read: READ,
});

test('the rest of an object is never sent without its first frame, and the reason is kept', () => {
  const leftOut = new Map<PackItem, ExclusionReason>();
  const packed = new PackedObjects(leftOut);
  packed.noteLeftOut([{ item: ITEM, reason: { kind: 'gone' } }]);
  const place = () => {
    packed.notePosition(sliceAt(10), { frame: 1, offset: 0 }, 7);
  };
  expect(place).toThrow(RestartWithoutItem);
  expect(place).toThrow(expect.objectContaining({ item: ITEM, reason: { kind: 'gone' } }));
  expect(packed.size).toBe(0);
});

test('an object that an earlier attempt packed completely is compared with S3, a partly packed one is not', () => {
  const read = { ...READ, description: { ...READ.description, crc32: 8 } };
  const position = { frame: 0, frames: 2, offset: 0, crc32: 7 };
  const packed = new PackedObjects(new Map());
  expect(() => {
    packed.takeOver(ITEM, read, position, true);
  }).toThrow(RestartWithoutItem);
  expect(packed.size).toBe(0);
  packed.takeOver(ITEM, read, position, false);
  packed.takeOver(ITEM, read, { ...position, crc32: 8 }, true);
  expect(packed.size).toBe(1);
});

test('the archive starts over without an object if one of its later frames cannot be read', () => {
  const packed = new PackedObjects(new Map());
  packed.notePosition(sliceAt(0), { frame: 0, offset: 0 }, 7);
  expect(() => {
    packed.noteLeftOut([{ item: ITEM, reason: { kind: 'changed' } }]);
  }).toThrow(RestartWithoutItem);
});

test('an object in several frames has the position of the first and the checksum of all', () => {
  const packed = new PackedObjects(new Map());
  packed.notePosition(sliceAt(0), { frame: 3, offset: 1024 }, 7);
  packed.notePosition(sliceAt(10), { frame: 4, offset: 0 }, 9);
  const [object] = packed;
  expect(object?.position).toEqual({ frame: 3, frames: 2, offset: 1024, crc32: combineCrc32(7, 9, 10) });
});
