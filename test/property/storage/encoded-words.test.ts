import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeMetadataValue, encodeMetadataValue } from '../../../src/storage/encoded-words.ts';

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 120, size: 'max' }).filter((text) => text.isWellFormed()),
  fc.array(fc.constantFrom('=?', '?=', 'UTF-8', '?B?', '?q?', ' ', 'é', 'a'), { maxLength: 12 }).map((p) => p.join('')),
);

it('every text survives a round trip through printable ASCII without surrounding spaces', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const header = encodeMetadataValue(text);
      expect(header).toMatch(/^[\x20-\x7e]*$/);
      expect(header.trim()).toBe(header);
      expect(decodeMetadataValue(header)).toBe(text);
    }),
  );
});

it('encoded words have at most 75 characters, and no character is split', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60, size: 'max' }), (text) => {
      fc.pre(!text.includes('\ufffd'));
      const words = encodeMetadataValue(`é${text}`).split(' ');
      for (const word of words) {
        expect(word.length).toBeLessThanOrEqual(75);
        expect(decodeMetadataValue(word)).not.toContain('\ufffd');
      }
    }),
  );
});
