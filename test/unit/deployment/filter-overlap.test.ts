import { describe, expect, test } from '@jest/globals';
import { encodeFilterValue, filtersOverlap } from '../../../src/deployment/filter-overlap.ts';

const filter = (prefix: string, suffix: string, ...events: string[]) => ({
  events: events.length === 0 ? ['s3:ObjectCreated:*'] : events,
  prefix,
  suffix,
});

describe('filtersOverlap', () => {
  test.each([
    ['disjoint events', filter('a/', ''), filter('a/', '', 's3:ObjectRemoved:*'), false],
    ['disjoint prefixes', filter('a/', ''), filter('b/', ''), false],
    ['nested prefixes with disjoint suffixes', filter('a/', '.csv'), filter('a/b/', '.txt'), false],
    ['nested prefixes', filter('a/', ''), filter('a/b/', ''), true],
    ['no filter with any other', filter('', ''), filter('a/', '.csv'), true],
    ['nested suffixes', filter('', '.gz'), filter('', '.tar.gz'), true],
    ['one of the events that a wildcard covers', filter('', ''), filter('', '', 's3:ObjectCreated:Put'), true],
    [
      'two different single events',
      filter('', '', 's3:ObjectCreated:Put'),
      filter('', '', 's3:ObjectCreated:Post'),
      false,
    ],
  ])('compares %s', (_what, left, right, overlap) => {
    expect(filtersOverlap(left, right)).toBe(overlap);
    expect(filtersOverlap(right, left)).toBe(overlap);
  });
});

describe('encodeFilterValue', () => {
  test('leaves safe characters and slashes unchanged', () => {
    expect(encodeFilterValue("photos/2026_01-x.y!*'()")).toBe("photos/2026_01-x.y!*'()");
  });

  test('encodes the way S3 compares: a space becomes a plus, everything else percent-encoded UTF-8', () => {
    expect(encodeFilterValue('year=2026/my data+é🙂')).toBe('year%3D2026/my+data%2B%C3%A9%F0%9F%99%82');
  });
});
