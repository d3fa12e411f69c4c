import { describe, expect, test } from '@jest/globals';
import { IncompleteEntryError } from '../../../src/backfill/errors.ts';
import { completeEntry, judgeObject, listedPrefix, type ObjectFilter } from '../../../src/backfill/object-filter.ts';
import type { ListedObject } from '../../../src/listing/dependencies.ts';
import { LAST_MODIFIED, listedObject } from '../../support/backfill.ts';
import { exampleRule } from '../../support/rules.ts';

const rule = exampleRule({ prefix: 'logs/', suffix: '.json' });

describe('an object', () => {
  test.each<[string, ObjectFilter, Partial<ListedObject>, string]>([
    ['of the rule', {}, {}, 'taken'],
    ['with another prefix', {}, { key: 'data/a.json' }, 'left-out'],
    ['with another suffix', {}, { key: 'logs/a.txt' }, 'left-out'],
    ['whose key is shorter than prefix and suffix', {}, { key: 'logs/' }, 'left-out'],
    ['with the --prefix', { prefix: 'logs/a' }, {}, 'taken'],
    ['without the --prefix', { prefix: 'logs/b' }, {}, 'left-out'],
    ['with the --suffix', { suffix: 'a.json' }, {}, 'taken'],
    ['without the --suffix', { suffix: 'b.json' }, {}, 'left-out'],
    ['modified at --since', { since: LAST_MODIFIED }, {}, 'taken'],
    ['modified before --since', { since: LAST_MODIFIED + 1 }, {}, 'left-out'],
    ['modified at --until', { until: LAST_MODIFIED }, {}, 'left-out'],
    ['modified before --until', { until: LAST_MODIFIED + 1 }, {}, 'taken'],
    ['as large as --min-size', { minSize: 10 }, {}, 'taken'],
    ['smaller', { minSize: 11 }, {}, 'left-out'],
    ['as small as --max-size', { maxSize: 10 }, {}, 'taken'],
    ['larger', { maxSize: 9 }, {}, 'left-out'],
    ['in GLACIER', {}, { storageClass: 'GLACIER' }, 'archived'],
    ['in DEEP_ARCHIVE', {}, { storageClass: 'DEEP_ARCHIVE' }, 'archived'],
    ['in GLACIER_IR', {}, { storageClass: 'GLACIER_IR' }, 'taken'],
    ['in GLACIER and left out by the filter', { minSize: 11 }, { storageClass: 'GLACIER' }, 'left-out'],
  ])('%s', (_, filter, object, verdict) => {
    expect(judgeObject(listedObject('logs/a.json', object), rule, filter)).toBe(verdict);
  });
});

test.each([
  ['', 'logs/'],
  ['l', 'logs/'],
  ['logs/2026/', 'logs/2026/'],
  ['data/', undefined],
])('with --prefix %j, the keys of %j are listed', (prefix, listed) => {
  expect(listedPrefix(rule, { prefix })).toBe(listed);
});

test('refuses to queue an object whose inventory entry has no ETag or date', () => {
  const { etag, lastModified, ...rest } = listedObject('k');
  expect(() => completeEntry({ ...rest, etag })).toThrow(IncompleteEntryError);
  expect(() => completeEntry({ ...rest, lastModified })).toThrow(/no ETag of "k"/);
  expect(completeEntry({ key: 'k', size: 10, etag, lastModified })).toEqual(listedObject('k'));
});
