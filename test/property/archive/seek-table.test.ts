import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeSeekTable, encodeSeekTable, seekTableLength } from '../../../src/archive/seek-table.ts';
import { CompressorError } from '../../../src/errors.ts';

const frames = fc.array(
  fc
    .record({ decompressed: fc.integer({ min: 0, max: 2 ** 31 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ decompressed, share }) => ({ compressed: Math.floor(decompressed * share), decompressed })),
  { maxLength: 50 },
);

test('any frames are decoded from their table, each at the end of the previous one', () => {
  fc.assert(
    fc.property(frames, (sizes) => {
      const table = encodeSeekTable(sizes);
      expect(seekTableLength(table, 'a')).toBe(table.length);
      const end = sizes.reduce((sum, { compressed }) => sum + compressed, 0);
      let offset = 0;
      const expected = sizes.map((size) => {
        const entry = { offset, ...size };
        offset += size.compressed;
        return entry;
      });
      expect([...decodeSeekTable(table, end + table.length, 'a')]).toEqual(expected);
    }),
  );
});

test('arbitrary bytes are not a seek table, or cause a typed error', () => {
  const garbage = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(garbage, garbage, fc.nat({ max: 1 << 16 }), (start, end, archiveSize) => {
      const footer = Buffer.from('010000000' + '0b1ea928f', 'hex');
      const bytes = Buffer.concat([start, end, footer]);
      try {
        if (seekTableLength(bytes, 'a') !== undefined) decodeSeekTable(bytes, archiveSize, 'a');
      } catch (error) {
        expect(error).toBeInstanceOf(CompressorError);
      }
    }),
    { numRuns: 300 },
  );
});
