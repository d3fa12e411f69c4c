import { expect, test } from '@jest/globals';
import type { ListedObject } from '../../../src/listing/dependencies.ts';
import { compareListed, EtagReliability } from '../../../src/verifying/compare-listed.ts';
import { LAST_MODIFIED, listedObject } from '../../support/backfill.ts';

const [MD5, OTHER, PARTS] = ['0'.repeat(32), '1'.repeat(32), `${'2'.repeat(32)}-7`];
const object = listedObject('k', { etag: MD5 });
const untrusted = new EtagReliability();
for (let look = 0; look < 20; look += 1) untrusted.noteMisled();

test.each<[string, Partial<ListedObject> | undefined, string, EtagReliability]>([
  ['missing', undefined, 'missing', new EtagReliability()],
  ['another size', { size: 11, etag: MD5 }, 'suspect', new EtagReliability()],
  [
    'the same MD5, even modified before',
    { etag: MD5, lastModified: LAST_MODIFIED - 5000 },
    'equal',
    new EtagReliability(),
  ],
  ['modified before', { etag: PARTS, lastModified: LAST_MODIFIED - 1000 }, 'suspect', new EtagReliability()],
  ['another MD5', { etag: OTHER }, 'suspect', new EtagReliability()],
  ['another MD5, although ETags are not MD5s', { etag: OTHER }, 'equal', untrusted],
  [
    'uploaded in parts, modified since',
    { etag: PARTS, lastModified: LAST_MODIFIED + 1000 },
    'equal',
    new EtagReliability(),
  ],
])('a copy: %s', (_, copy, expected, trust) => {
  expect(compareListed(object, copy && listedObject('k', copy), trust)).toBe(expected);
});

test('ETags that agree more often than they mislead stay trusted', () => {
  const trust = new EtagReliability();
  for (let key = 0; key < 100; key += 1) compareListed(object, object, trust);
  for (let look = 0; look < 99; look += 1) trust.noteMisled();
  expect(trust.isTrusted).toBe(true);
  trust.noteMisled();
  expect(trust.isTrusted).toBe(false);
});
