import { describe, expect, test } from '@jest/globals';
import type { RemovalRecord } from '../../../../src/cli/demo/upload/uploader.ts';
import { checkRemovals } from '../../../../src/cli/demo/verify/check-removals.ts';
import { countKeys } from '../../../../src/cli/demo/verify/count-writes.ts';

const version = (key: string) => ({ key, etag: 'etag', size: 1, sha256: '', begun: 0 });
const REMOVALS: RemovalRecord = {
  restored: [version('gone')],
  traveling: [version('late')],
  undone: [version('back')],
  rewritten: [version('new')],
};
const VERSIONS = ['gone', 'back', 'back', 'new', 'new'];
const MARKERS = ['gone', 'back', 'new'];
const without = (keys: readonly string[], left: string): string[] => keys.filter((key) => key !== left);

function complaints(versions: readonly string[], markers: readonly string[], targetPrefix = ''): string[] {
  const kept = { versions: countKeys(versions), markers: countKeys(markers) };
  return checkRemovals(REMOVALS, kept, { region: 'us-east-1', targetPrefix });
}

describe('checkRemovals', () => {
  test('accepts objects that were deleted once and never came back', () => {
    expect(complaints(VERSIONS, MARKERS)).toEqual([]);
    const below = (keys: readonly string[]) => keys.map((key) => `copies/${key}`);
    expect(complaints(below(VERSIONS), below(MARKERS), 'copies/')).toEqual([]);
  });

  test.each([
    [
      'a deleted object without a marker',
      VERSIONS,
      without(MARKERS, 'gone'),
      '"gone" was deleted 0 times instead of 1',
    ],
    [
      'an object that never arrived before its deletion',
      without(VERSIONS, 'gone'),
      MARKERS,
      '"gone" was written 0 times instead of 1',
    ],
    ['an object that came back', [...VERSIONS, 'gone'], MARKERS, '"gone" was written 2 times instead of 1'],
    [
      'an object that arrived late and was restored',
      [...VERSIONS, 'late'],
      MARKERS,
      '"late" was written after its deletion 1 times',
    ],
    [
      'a marker for an object that never existed',
      VERSIONS,
      [...MARKERS, 'late'],
      '"late" was deleted 1 times instead of 0',
    ],
    ['an undelete without a deletion', VERSIONS, without(MARKERS, 'back'), '"back" was deleted 0 times'],
    ['a rewrite without a deletion', VERSIONS, without(MARKERS, 'new'), '"new" was deleted 0 times'],
  ])('names %s', (_what, versions, markers, complaint) => {
    expect(complaints(versions, markers)).toEqual([expect.stringContaining(complaint)]);
  });
});
