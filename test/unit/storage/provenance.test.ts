import { describe, expect, test } from '@jest/globals';
import { digestContent } from '../../../src/storage/content-digest.ts';
import {
  chooseCarrier,
  decodeStamp,
  encodeStamp,
  findStamp,
  hasRoomForStamp,
  hasRoomForStampTag,
  isAsWritten,
  isBeforeDeletion,
  originOf,
  relateStamps,
  STAMP_NAME,
  stampOf,
  withoutStamp,
  withoutStampTag,
} from '../../../src/storage/provenance.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';

const write = {
  origin: 'a1b2c3d4',
  eventTime: 1_700_000_000_123,
  sequencer: '0055AED6DCD90281E5',
  etag: 'd41d8cd98f00',
};
const stamp = stampOf(write);
const place = { bucket: 'target-bucket', key: 'dir/key' };
const DIGEST = '0123456789ab';
const text = encodeStamp(stamp, DIGEST, place);
const version1 = `1;ed851a78;a1b2c3d4;${write.eventTime.toString(36)};0055AED6DCD90281E5;d41d8cd9`;
const tagsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `t${index}`, value: 'v' }));

describe('provenance stamps', () => {
  test('have one text for one write', () => {
    expect(text).toBe(`2:ed851a78:a1b2c3d4:${write.eventTime.toString(36)}:0055AED6DCD90281E5:d41d8cd9:0123456789ab`);
    expect(originOf('source-bucket')).toMatch(/^[0-9a-f]{8}$/);
  });

  test('have only characters that the value of a tag may have', () => {
    expect(encodeStamp(stampOf({ ...write, eventTime: -1 }), DIGEST, place)).toMatch(
      /^[\p{L}\p{N} +\-=._:/@]{1,256}$/u,
    );
  });

  test.each([
    ['complete', stamp],
    ['without a sequencer', stampOf({ origin: write.origin, eventTime: 0, etag: 'ab' })],
    ['without an ETag', stampOf({ ...write, etag: '' })],
    ['of a listing', stampOf({ origin: write.origin, eventTime: 0, etag: 'ab', readAt: 1_700_000_000_000 })],
  ])('are read back: %s', (_, one) => {
    expect(decodeStamp(encodeStamp(one, DIGEST, place), place)).toEqual({ stamp: one, digest: DIGEST });
  });

  test('of version 1 stay readable, and say nothing of edits', () => {
    const found = findStamp({ metadata: { [STAMP_NAME]: version1 } }, place);

    expect(found).toEqual({ stamp });
    expect(found !== undefined && isAsWritten(found, description({ size: 5 }))).toBe(true);
  });

  test.each([
    ['none', undefined],
    ['a later version', `3:${text.slice(2)}`],
    ['no stamp at all', 'mine'],
    ['the stamp of another bucket', encodeStamp(stamp, DIGEST, { ...place, bucket: 'copies' })],
    ['the stamp of another key', encodeStamp(stamp, DIGEST, { ...place, key: 'copy' })],
    ['too many fields', `${text}:`],
    ['version 1 with a digest', `${version1};0123456789ab`],
  ])('are undefined when there is %s', (_, value) => {
    expect(decodeStamp(value, place)).toBeUndefined();
  });

  test('leave out what could not be read back', () => {
    const odd = stampOf({ ...write, sequencer: 'not:hex', etag: 'xyz' });

    expect(odd).toEqual({ origin: write.origin, eventTime: write.eventTime, etag: '' });
    expect(decodeStamp(encodeStamp(odd, DIGEST, place), place)?.stamp).toEqual(odd);
  });

  test('are found in the metadata, else in a tag', () => {
    const tags = [...tagsOf(2), { key: STAMP_NAME, value: text }];

    expect(findStamp({ metadata: { a: 'b', [STAMP_NAME]: text } }, place)?.stamp).toEqual(stamp);
    expect(findStamp({ metadata: { a: 'b' }, tags }, place)?.stamp).toEqual(stamp);
    expect(findStamp({ metadata: { a: 'b' }, tags: tagsOf(2) }, place)).toBeUndefined();
  });

  test('are taken off, whatever place they speak of; a user entry or tag of the same name stays', () => {
    const tag = { key: STAMP_NAME, value: text };
    const ownTag = { key: STAMP_NAME, value: 'mine' };

    expect(withoutStamp({ a: 'b', [STAMP_NAME]: text })).toEqual({ a: 'b' });
    expect(withoutStamp({ a: 'b', [STAMP_NAME]: version1 })).toEqual({ a: 'b' });
    expect(withoutStamp({ a: 'b', [STAMP_NAME]: 'mine' })).toEqual({ a: 'b', [STAMP_NAME]: 'mine' });
    expect(withoutStampTag([...tagsOf(1), tag])).toEqual(tagsOf(1));
    expect(withoutStampTag([ownTag])).toEqual([ownTag]);
  });

  test('go into metadata up to 2,048 bytes of names and values, counted in UTF-8; then into a tag; then nowhere', () => {
    const room = 2048 - 'ä'.length * 2 - STAMP_NAME.length - text.length;

    expect(chooseCarrier({ ä: 'x'.repeat(room) }, [], stamp)).toBe('metadata');
    expect(chooseCarrier({ ä: 'x'.repeat(room + 1) }, tagsOf(9), stamp)).toBe('tag');
    expect(chooseCarrier({ ä: 'x'.repeat(room + 1) }, tagsOf(10), stamp)).toBe('none');
    expect(chooseCarrier({ [STAMP_NAME]: 'mine' }, [], stamp)).toBe('tag');
    expect(chooseCarrier({ [STAMP_NAME]: 'mine' }, [{ key: STAMP_NAME, value: 'mine' }], stamp)).toBe('none');
    expect(hasRoomForStamp({ note: 'x'.repeat(1000) })).toBe(true);
    expect(hasRoomForStamp({ note: 'x'.repeat(1955) })).toBe(true);
    expect(hasRoomForStamp({ note: 'x'.repeat(1956) })).toBe(false);
    expect(hasRoomForStamp({ [STAMP_NAME]: 'mine' })).toBe(false);
    expect(hasRoomForStampTag(tagsOf(9))).toBe(true);
    expect(hasRoomForStampTag(tagsOf(10))).toBe(false);
  });

  test('leave metadata that is named like a property of every object', () => {
    const hostile = JSON.parse(`{"__proto__":"x","constructor":"y","${STAMP_NAME}":"${text}"}`) as Record<
      string,
      string
    >;

    expect(JSON.stringify(withoutStamp(hostile))).toBe('{"__proto__":"x","constructor":"y"}');
  });

  test.each([
    ['same', stamp, stamp],
    ['older', stampOf({ ...write, sequencer: '0055AED6DCD90281E4', eventTime: write.eventTime + 5 }), stamp],
    ['newer', stampOf({ ...write, sequencer: '0055AED6DCD90281E50' + '1' }), stamp],
    ['older', stampOf({ origin: write.origin, etag: 'ffff', eventTime: write.eventTime - 1 }), stamp],
    ['newer', stampOf({ origin: write.origin, etag: 'ffff', eventTime: write.eventTime }), stamp],
    ['older', stampOf({ ...write, origin: 'ffffffff', sequencer: 'FF', eventTime: write.eventTime - 1 }), stamp],
    ['newer', stampOf({ ...write, origin: 'ffffffff' }), stamp],
  ] as const)('relate: %s', (relation, left, right) => {
    expect(relateStamps(left, right)).toBe(relation);
  });
});

const CONTENT = {
  size: 3,
  crc32: 7,
  headers: { contentType: 'text/plain', contentEncoding: 'gzip', cacheControl: 'no-cache' },
  metadata: { a: '1', b: 'ä' },
};

function description(more: Partial<ObjectDescription> = {}): ObjectDescription {
  const rest = { etag: 'e', lastModified: new Date(0), storageClass: 'STANDARD', tagCount: 0, missingMetadata: 0 };
  return { ...CONTENT, ...rest, ...more };
}

describe('the digest of a stamp', () => {
  const digest = digestContent(CONTENT);
  const found = { stamp, digest };

  test('agrees with what was written, in any order of metadata, and with its own stamp among it', () => {
    expect(isAsWritten(found, description({ metadata: { b: 'ä', [STAMP_NAME]: text, a: '1' } }))).toBe(true);
  });

  test.each<[string, Partial<ObjectDescription>]>([
    ['bytes', { crc32: 8 }],
    ['size', { size: 4 }],
    ['a header', { headers: { ...CONTENT.headers, cacheControl: 'private' } }],
    ['a header that was taken away', { headers: { contentType: 'text/plain', contentEncoding: 'gzip' } }],
    ['a header that was added', { headers: { ...CONTENT.headers, contentLanguage: 'de' } }],
    ['metadata', { metadata: { a: '2', b: 'ä' } }],
    ['metadata that was added', { metadata: { ...CONTENT.metadata, c: '' } }],
  ])('disagrees after an edit of %s', (_, edit) => {
    expect(isAsWritten(found, description(edit))).toBe(false);
  });

  test('disagrees with bytes that were put without a CRC-32: we always send one', () => {
    const known = Object.entries(description()).filter(([name]) => name !== 'crc32');

    expect(isAsWritten(found, Object.fromEntries(known) as unknown as ObjectDescription)).toBe(false);
  });

  test('is taken without a CRC-32 where that is not known before the write', () => {
    const early = { stamp, digest: digestContent({ ...CONTENT, crc32: undefined }) };

    expect(isAsWritten(early, description())).toBe(true);
    expect(isAsWritten(early, description({ size: 4 }))).toBe(false);
  });

  test('is the same in every version of this product: another one would make an edit of each object that exists', () => {
    expect(digestContent(CONTENT)).toBe('7522357fe6f7');
    expect(digestContent({ size: 0, headers: {}, metadata: {} })).toBe('4d689cc9087d');
    const all = {
      contentType: 'a/b',
      contentEncoding: 'gzip, aws-chunked',
      contentDisposition: 'c',
      contentLanguage: 'd',
      cacheControl: 'e',
      expires: 'f',
      websiteRedirectLocation: '/g',
    };
    expect(digestContent({ size: 0, headers: all, metadata: { z: '1', y: '2' } })).toBe('daa9c5d70492');
  });

  test('takes what S3 says on its own for what was not said', () => {
    const bare = digestContent({ size: 0, headers: {}, metadata: {} });
    const chunked = { contentType: 'binary/octet-stream', contentEncoding: 'aws-chunked' };

    expect(digestContent({ size: 0, headers: chunked, metadata: {} })).toBe(bare);
    expect(digestContent({ size: 0, headers: { contentEncoding: 'gzip' }, metadata: {} })).not.toBe(bare);
  });
});

describe('the time of a read', () => {
  const readAt = 1_700_000_010_000;
  const listed = stampOf({ origin: write.origin, etag: 'ab', eventTime: readAt - 10_000, readAt });
  const deletion = (eventTime: number, origin = write.origin) =>
    stampOf({ origin, etag: '', eventTime, sequencer: '20' });

  test.each([
    ['a deletion before it is older', deletion(readAt - 1), false],
    ['one of its second is later', deletion(readAt), true],
    ['one after it is later', deletion(readAt + 1), true],
    ['of another source it says nothing', deletion(readAt - 1, 'ffffffff'), true],
  ])('is for deletions alone: %s', (_, deleted, isBefore) => {
    expect(isBeforeDeletion(listed, deleted)).toBe(isBefore);
    expect(relateStamps(listed, deleted)).toBe('older');
  });

  test('is not kept beside a sequencer, and changes neither the order of writes nor what a replay is', () => {
    expect(stampOf({ ...write, readAt })).toEqual(stamp);
    expect(relateStamps(listed, stampOf({ ...listed, readAt: readAt + 5000 }))).toBe('same');
  });

  test('takes no more room than the longest sequencer, in characters that a tag may have', () => {
    const latest = stampOf({ ...write, sequencer: undefined, readAt: Date.parse('9999-12-31T23:59:59Z') });
    const longest = stampOf({ ...write, sequencer: 'A'.repeat(32) });
    const encoded = encodeStamp(latest, DIGEST, place);
    expect(encoded.length).toBeLessThan(encodeStamp(longest, DIGEST, place).length);
    expect(encoded).toMatch(/^[0-9a-z:-]+$/i);
  });
});
