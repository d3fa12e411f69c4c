import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MEMBER_HEADER } from '../../../src/archive/format.ts';
import { memberName } from '../../../src/archive/member-name.ts';
import { memberHeaderLength } from '../../../src/archive/tar-header.ts';
import { HOSTILE_KEYS, objectKeys } from '../../support/hostile-keys.ts';

test('two keys never have the same member name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(objectKeys, { minLength: 2, maxLength: 40 }), (keys) => {
      expect(new Set(keys.map(memberName)).size).toBe(keys.length);
    }),
    { numRuns: 1000 },
  );
});

test('a key and the encoded form of another key have different member names', () => {
  fc.assert(
    fc.property(objectKeys, (key) => {
      const encoded = memberName(key).slice('objects/'.length);
      fc.pre(encoded !== key);
      expect(memberName(encoded)).not.toBe(memberName(key));
    }),
    { numRuns: 1000, maxSkipsPerRun: 1000 },
  );
});

test('a member name is a relative path without `..` that file systems can store', () => {
  const check = (key: string): void => {
    const segments = memberName(key).split('/');
    expect(segments[0]).toBe('objects');
    for (const segment of segments) {
      expect(['', '.', '..']).not.toContain(segment);
      expect(segment).not.toContain('\0');
      expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(255);
    }
    expect(memberHeaderLength(memberName(key), 2 ** 50)).toBeLessThanOrEqual(MAX_MEMBER_HEADER);
  };
  HOSTILE_KEYS.forEach(check);
  fc.assert(fc.property(objectKeys, check), { numRuns: 500 });
});
