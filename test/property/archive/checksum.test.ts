import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { combineCrc32, crc32, crc32FromBase64, crc32ToBase64, crc32ToHex } from '../../../src/archive/checksum.ts';

const bytes = fc.uint8Array({ maxLength: 5000 });
const checksums = fc.integer({ min: 0, max: 0xffffffff });

test('combining the checksums of any pieces gives the checksum of the whole', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (pieces) => {
      const combined = pieces.reduce((crc, piece) => combineCrc32(crc, crc32(piece), piece.length), 0);
      expect(combined).toBe(crc32(Buffer.concat(pieces)));
    }),
  );
});

test('combining checksums is associative, even beyond 4 GiB', () => {
  const lengths = fc.integer({ min: 0, max: 2 ** 44 });
  fc.assert(
    fc.property(
      checksums,
      checksums,
      checksums,
      lengths,
      lengths,
      (first, second, third, secondLength, thirdLength) => {
        const left = combineCrc32(combineCrc32(first, second, secondLength), third, thirdLength);
        const right = combineCrc32(first, combineCrc32(second, third, thirdLength), secondLength + thirdLength);
        expect(left).toBe(right);
      },
    ),
  );
});

test('a checksum survives the round trip through base64 and hex', () => {
  fc.assert(
    fc.property(checksums, (crc) => {
      expect(crc32FromBase64(crc32ToBase64(crc))).toBe(crc);
      expect(crc32ToHex(crc)).toMatch(/^[0-9a-f]{8}$/);
      expect(Number.parseInt(crc32ToHex(crc), 16)).toBe(crc);
    }),
  );
});
