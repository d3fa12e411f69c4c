import { describe, expect, test } from '@jest/globals';
import { ArchiveTooLargeError, CorruptArchiveError, UnsupportedArchiveError } from '../../../src/archive/errors.ts';
import { decodeSeekTable, encodeSeekTable, seekTableLength } from '../../../src/archive/seek-table.ts';

const FRAMES = [
  { compressed: 0x100, decompressed: 0x1000 },
  { compressed: 0x0201, decompressed: 0x02_0001 },
];
/** Written by hand from the public specification, version 0.1.0. */
const TABLE = Buffer.from(
  ['5e2a4d18', '19000000', '00010000', '00100000', '01020000', '01000200', '02000000', '00', 'b1ea928f'].join(''),
  'hex',
);
const SIZE = 0x100 + 0x201 + TABLE.length;

function changed(at: number, hex: string): Buffer {
  const bytes = Buffer.from(TABLE);
  bytes.write(hex, at, 'hex');
  return bytes;
}

test('a table has the bytes that the public format prescribes', () => {
  expect(encodeSeekTable(FRAMES).toString('hex')).toBe(TABLE.toString('hex'));
});

test('the length of a table is known from its last nine bytes', () => {
  expect(seekTableLength(TABLE.subarray(-9), 'a')).toBe(TABLE.length);
});

test('frames are placed one after the other from the start of the archive', () => {
  expect([...decodeSeekTable(TABLE, SIZE, 'a')]).toEqual([
    { offset: 0, compressed: 0x100, decompressed: 0x1000 },
    { offset: 0x100, compressed: 0x201, decompressed: 0x02_0001 },
  ]);
});

test('checksums of entries are skipped', () => {
  const bytes = Buffer.from(
    ['5e2a4d18', '15000000', '00010000', '00100000', 'cccccccc', '01000000', '80', 'b1ea928f'].join(''),
    'hex',
  );
  expect(seekTableLength(bytes, 'a')).toBe(bytes.length);
  expect([...decodeSeekTable(bytes, 0x100 + bytes.length, 'a')]).toEqual([
    { offset: 0, compressed: 0x100, decompressed: 0x1000 },
  ]);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['eight bytes', TABLE.subarray(-8)],
  ['another magic', changed(TABLE.length - 1, '8e')],
])('%s is not a seek table', (_what, tail) => {
  expect(seekTableLength(tail, 'a')).toBeUndefined();
});

describe('refused', () => {
  test.each([
    ['a table cut at its start', TABLE.subarray(1), SIZE - 1],
    ['a table after other bytes', Buffer.concat([Buffer.alloc(1), TABLE]), SIZE + 1],
    ['another skippable magic', changed(0, '5f'), SIZE],
    ['another content length', changed(4, '1a'), SIZE],
    ['fewer frames than entries', changed(24, '01'), SIZE],
    ['more frames than entries', changed(24, '03'), SIZE],
    ['frames that do not fill the archive', TABLE, SIZE + 1],
    ['frames beyond the archive', TABLE, SIZE - 1],
    ['a frame one byte longer', changed(8, '01'), SIZE],
  ])('%s', (_what, table, size) => {
    expect(() => decodeSeekTable(table, size, 's3://b/k')).toThrow(CorruptArchiveError);
    expect(() => decodeSeekTable(table, size, 's3://b/k')).toThrow(/s3:\/\/b\/k/);
  });

  test.each(['04', '40', '7c'])('unknown flags (0x%s)', (descriptor) => {
    expect(() => seekTableLength(changed(28, descriptor), 'a')).toThrow(UnsupportedArchiveError);
  });

  test('more frames than a reader keeps, before any is read', () => {
    expect(() => seekTableLength(changed(24, '818d5b00'), 'a')).toThrow(ArchiveTooLargeError);
    expect(seekTableLength(changed(24, '808d5b00'), 'a')).toBe(8 + 48_000_000 + 9);
  });

  test('a frame with more compressed bytes than zstd ever needs for its content', () => {
    const table = encodeSeekTable([{ compressed: 0x4000_0000, decompressed: 512 }]);
    expect(() => decodeSeekTable(table, 0x4000_0000 + table.length, 'a')).toThrow(ArchiveTooLargeError);
  });
});
