import { expect, test } from '@jest/globals';
import { combineCrc32, crc32, crc32FromBase64, crc32ToBase64, crc32ToHex } from '../../../src/archive/checksum.ts';

test('the checksum of the standard check text is the published one', () => {
  const crc = crc32(Buffer.from('123456789'));
  expect([crc, crc32ToHex(crc), crc32ToBase64(crc)]).toEqual([0xcbf43926, 'cbf43926', 'y/Q5Jg==']);
  expect(crc32FromBase64('y/Q5Jg==')).toBe(0xcbf43926);
});

test('appending nothing, or appending to nothing, changes no checksum', () => {
  expect(combineCrc32(0xcbf43926, 0, 0)).toBe(0xcbf43926);
  expect(combineCrc32(0, 0xcbf43926, 9)).toBe(0xcbf43926);
});

test('a small checksum keeps its leading zeros', () => {
  expect([crc32ToHex(0), crc32ToHex(0x1f)]).toEqual(['00000000', '0000001f']);
});
