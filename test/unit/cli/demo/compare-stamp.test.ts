import { describe, expect, test } from '@jest/globals';
import { compareStamp } from '../../../../src/cli/demo/verify/compare-stamp.ts';
import { digestContent } from '../../../../src/storage/content-digest.ts';
import { encodeStamp, originOf, STAMP_NAME, stampOf } from '../../../../src/storage/provenance.ts';
import type { ObjectDescription } from '../../../../src/storage/stored-object.ts';

const ETAG = '0123456789abcdef0123456789abcdef';
const AT = { bucket: 'target', key: 'a.txt', tags: [] };
const CONTENT = { size: 5, crc32: 0x3610a686, headers: { contentType: 'text/plain' }, metadata: { author: 'Ada' } };
const STAMP = encodeStamp(
  stampOf({ origin: originOf('source'), eventTime: 1, etag: ETAG }),
  digestContent(CONTENT),
  AT,
);
const FOUND: ObjectDescription = {
  ...CONTENT,
  metadata: { ...CONTENT.metadata, [STAMP_NAME]: STAMP },
  etag: 'of the target',
  lastModified: new Date(0),
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
};

describe('compareStamp', () => {
  test('accepts the stamp of the version, in metadata or in a tag', () => {
    expect(compareStamp({ etag: ETAG }, FOUND, AT)).toEqual([]);
    const tagged = { ...AT, tags: [{ key: STAMP_NAME, value: STAMP }] };
    expect(compareStamp({ etag: ETAG }, { ...FOUND, metadata: CONTENT.metadata }, tagged)).toEqual([]);
  });

  test.each([
    ['no stamp', { ...FOUND, metadata: CONTENT.metadata }, ETAG, 'none'],
    ['a stamp of another version', FOUND, 'f'.repeat(32), 'of the version'],
    ['bytes that do not match the stamp', { ...FOUND, crc32: 1 }, ETAG, 'digest'],
  ])('names %s', (_what, found, etag, complaint) => {
    expect(compareStamp({ etag }, found, AT)).toEqual([expect.stringContaining(complaint)]);
  });

  test('requires no stamp if neither metadata nor tags have room for one', () => {
    const metadata = { remark: 'x'.repeat(2040) };
    const tags = Array.from({ length: 10 }, (_, index) => ({ key: `tag ${index}`, value: '' }));
    expect(compareStamp({ etag: ETAG }, { ...FOUND, metadata }, { ...AT, tags })).toEqual([]);
    const nine = { ...AT, tags: tags.slice(1) };
    expect(compareStamp({ etag: ETAG }, { ...FOUND, metadata }, nine)).toEqual([expect.stringContaining('none')]);
  });

  test('treats the stamp of a copy from another key as missing', () => {
    expect(compareStamp({ etag: ETAG }, FOUND, { ...AT, key: 'b.txt' })).toEqual([expect.stringContaining('none')]);
  });
});
