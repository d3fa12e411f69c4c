import { describe, expect, test } from '@jest/globals';
import type { PackItem } from '../../../src/packing/collect-objects.ts';
import { cutArchives } from '../../../src/packing/cut-archives.ts';
import { MIB } from '../../../src/units.ts';

function item(key: string, size: number): PackItem {
  return { object: { bucket: 'b', key, size, etag: 'e', eventTime: 0 }, messages: [], superseded: [] };
}

function keys(archives: PackItem[][]): string[][] {
  return archives.map((archive) => archive.map(({ object }) => object.key));
}

describe('cutArchives', () => {
  test('makes no archive without items', () => {
    expect(cutArchives([], MIB)).toEqual([]);
  });

  test('closes an archive if the next object would exceed the limit', () => {
    const items = [item('a', 60), item('b', 40), item('c', 1)];
    expect(keys(cutArchives(items, 100))).toEqual([['a', 'b'], ['c']]);
  });

  test('starts counting at zero in each archive, and leaves none empty', () => {
    const items = [item('a', 60), item('b', 40), item('c', 50), item('d', 50)];
    expect(keys(cutArchives(items, 100))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(keys(cutArchives([item('huge', 500)], 100))).toEqual([['huge']]);
  });

  test('gives a resumable object a separate archive, without closing the current one', () => {
    const items = [item('a', 99), item('b', 100), item('c', 99)];
    expect(keys(cutArchives(items, 1000, 100))).toEqual([['b'], ['a', 'c']]);
  });

  test('never limits an archive by the number of messages', () => {
    const items = Array.from({ length: 20_000 }, (_, index) => item(`k${index}`, 10_000));
    expect(cutArchives(items, 256 * MIB)).toHaveLength(1);
  });

  test('gives an object over the limit a separate archive', () => {
    expect(keys(cutArchives([item('a', 1), item('huge', 500), item('z', 1)], 100))).toEqual([['a'], ['huge'], ['z']]);
  });

  test('puts large objects first, then sorts by type and key', () => {
    const items = [item('b.txt', 1), item('z.json', 1), item('a.txt', 1), item('big.txt', 9 * MIB), item('B.JSON', 1)];
    expect(keys(cutArchives(items, 100 * MIB))).toEqual([['big.txt', 'B.JSON', 'z.json', 'a.txt', 'b.txt']]);
  });

  test('keeps the manifest within the limits of readers, whatever the keys are', () => {
    const items = Array.from({ length: 10_000 }, (_, index) => item(`${index}`.padEnd(1024, 'x'), 0));
    expect(cutArchives(items, 256 * MIB)).toHaveLength(2);
  });
});
