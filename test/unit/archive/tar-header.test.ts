import { describe, expect, test } from '@jest/globals';
import { CorruptArchiveError } from '../../../src/archive/errors.ts';
import {
  memberHeaderLength,
  memberPadding,
  readMemberSize,
  verifyMemberHeader,
  writeMemberHeader,
} from '../../../src/archive/tar-header.ts';

function headerOf(name: string, size = 5, modified = 1_700_000_000): Buffer {
  const bytes = Buffer.alloc(memberHeaderLength(name, size), 0xff);
  writeMemberHeader(bytes, 0, { name, size, modified });
  return bytes;
}

function textAt(bytes: Buffer, offset: number, length: number): string {
  return bytes.toString('latin1', offset, offset + length);
}

describe('a plain member', () => {
  test('has the 512 bytes that POSIX describes, field by field', () => {
    const header = headerOf('objects/a.txt');
    expect(header.length).toBe(512);
    expect(textAt(header, 0, 100)).toBe('objects/a.txt'.padEnd(100, '\0'));
    expect(textAt(header, 100, 24)).toBe('0000644\0' + '0000000\0' + '0000000\0');
    expect(textAt(header, 124, 12)).toBe('00000000005\0');
    expect(textAt(header, 136, 12)).toBe('14524770400\0');
    expect(textAt(header, 156, 1)).toBe('0');
    expect(textAt(header, 157, 100)).toBe('\0'.repeat(100));
    expect(textAt(header, 257, 8)).toBe('ustar\x0000');
    expect(textAt(header, 265, 247)).toBe('\0'.repeat(247));
  });

  test('has the sum of its bytes, with spaces in place of the sum, as its checksum', () => {
    const header = headerOf('objects/a.txt');
    const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
    expect(textAt(header, 148, 8)).toBe(`${sum.toString(8).padStart(6, '0')}\0 `);
  });
});

describe('a name that ustar can hold', () => {
  test.each([
    ['100 bytes', 'n'.repeat(100), '', 'n'.repeat(100)],
    ['101 bytes with an early slash', `p/${'n'.repeat(99)}`, 'p', 'n'.repeat(99)],
    ['155 + 1 + 100 bytes', `${'p'.repeat(155)}/${'n'.repeat(100)}`, 'p'.repeat(155), 'n'.repeat(100)],
  ])('of %s needs no extended header', (_what, name, prefix, rest) => {
    const header = headerOf(name);
    expect(header.length).toBe(512);
    expect(textAt(header, 0, 100)).toBe(rest.padEnd(100, '\0'));
    expect(textAt(header, 345, 155)).toBe(prefix.padEnd(155, '\0'));
  });
});

describe('a pax header', () => {
  test.each([
    ['101 bytes without a slash', 'n'.repeat(101)],
    ['a prefix of 156 bytes', `${'p'.repeat(156)}/${'n'.repeat(100)}`],
    ['letters beyond ASCII', 'objects/ü'],
    ['a newline', 'objects/a\nb'],
  ])('carries a name of %s', (_what, name) => {
    const header = headerOf(name);
    expect(textAt(header, 156, 1)).toBe('x');
    expect(header.toString('utf8', 512)).toContain(` path=${name}\n`);
  });

  test.each([
    [90, '99 path='],
    [91, '101 path='],
    [989, '999 path='],
    [990, '1001 path='],
  ])('counts the digits of its own length (a name of %i bytes)', (length, start) => {
    const name = 'é'.repeat(Math.floor(length / 2)) + 'e'.repeat(length % 2);
    expect(headerOf(name).toString('utf8', 512, 512 + start.length)).toBe(start);
  });

  test('carries sizes of 8 GiB and more', () => {
    expect(headerOf('objects/a', 2 ** 33 - 1).length).toBe(512);
    const header = headerOf('objects/a', 2 ** 33);
    expect(header.length).toBe(3 * 512);
    expect(header.toString('latin1', 512, 512 + 19)).toBe('19 size=8589934592\n');
    expect(textAt(header, 1024 + 124, 12)).toBe('00000000000\0');
  });
});

test.each([
  [-1, '00000000000\0'],
  [Number.NaN, '00000000000\0'],
  [0.9, '00000000000\0'],
  [0o77777777777, '77777777777\0'],
  [0o100000000000, '77777777777\0'],
  [8_640_000_000_000, '77777777777\0'],
])('a time of %d seconds is written as %j', (modified, field) => {
  const header = headerOf('objects/a', 5, modified);
  expect(textAt(header, 136, 12)).toBe(field);
  expect(verifyMemberHeader(header, 0, { name: 'objects/a', size: 5 })).toBe(512);
});

test.each([
  [0, 0],
  [1, 511],
  [511, 1],
  [512, 0],
  [513, 511],
])('a body of %i bytes is followed by %i zeros', (size, padding) => {
  expect(memberPadding(size)).toBe(padding);
});

describe('verifyMemberHeader', () => {
  const member = { name: 'objects/ü.txt', size: 5 };

  test('refuses a header with any single bit changed', () => {
    const header = headerOf(member.name);
    const accepted = Array.from({ length: header.length * 8 }, (_, bit) => bit).filter((bit) => {
      const damaged = Buffer.from(header);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      try {
        verifyMemberHeader(damaged, 0, member);
        return true;
      } catch (error) {
        return !(error instanceof CorruptArchiveError);
      }
    });
    expect(accepted).toEqual([]);
  });

  test.each([1, 511, 512, 2 ** 40, Number.MAX_SAFE_INTEGER])('refuses an offset %d bytes too far', (offset) => {
    expect(() => verifyMemberHeader(headerOf(member.name), offset, member)).toThrow(CorruptArchiveError);
  });

  test('names the member, its size and the offset', () => {
    expect(() => verifyMemberHeader(Buffer.alloc(2048), 512, member)).toThrow(
      'The tar has no header of member "objects/ü.txt" (5 bytes) at 512',
    );
  });
});

describe('readMemberSize', () => {
  test('reads the size of a plain header', () => {
    expect(readMemberSize(headerOf('manifest.json', 123_456))).toBe(123_456);
  });

  test.each(['-0000000001\0', '0000000000 \0', '           \0', '\x80\0\0\0\0\0\0\0\0\0\0\x05', '99999999999\0'])(
    'reads no size from %j',
    (field) => {
      const header = headerOf('manifest.json');
      header.write(field, 124, 'latin1');
      expect(readMemberSize(header)).toBeUndefined();
    },
  );

  test('reads no size from less than a block', () => {
    expect(readMemberSize(Buffer.alloc(511))).toBeUndefined();
  });
});
