import { describe, expect, test } from '@jest/globals';
import { digestContent } from '../../../src/storage/content-digest.ts';
import {
  chooseStampLocation,
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
  test('encode a write in a fixed format', () => {
    expect(text).toBe(`2:ed851a78:a1b2c3d4:${write.eventTime.toString(36)}:0055AED6DCD90281E5:d41d8cd9:0123456789ab`);
    expect(originOf('source-bucket')).toMatch(/^[0-9a-f]{8}$/);
  });

  test('have only characters that are allowed in tag values', () => {
    expect(encodeStamp(stampOf({ ...write, eventTime: -1 }), DIGEST, place)).toMatch(
      /^[\p{L}\p{N} +\-=._:/@]{1,256}$/u,
    );
  });

  test.each([
    ['complete', stamp],
    ['without a sequencer', stampOf({ origin: write.origin, eventTime: 0, etag: 'ab' })],
    ['without an ETag', stampOf({ ...write, etag: '' })],
    ['with a read time', stampOf({ origin: write.origin, eventTime: 0, etag: 'ab', readAt: 1_700_000_000_000 })],
  ])('are read back: %s', (_, one) => {
    expect(decodeStamp(encodeStamp(one, DIGEST, place), place)).toEqual({ stamp: one, digest: DIGEST });
  });

  test('of version 1 stay readable, but do not show edits', () => {
    const found = findStamp({ metadata: { [STAMP_NAME]: version1 } }, place);

    expect(found).toEqual({ stamp });
    expect(found !== undefined && isAsWritten(found, description({ size: 5 }))).toBe(true);
  });

  test.each([
    ['none', undefined],
    ['a later version', `3:${text.slice(2)}`],
    ["a user's text", 'mine'],
    ['the stamp of another bucket', encodeStamp(stamp, DIGEST, { ...place, bucket: 'copies' })],
    ['the stamp of another key', encodeStamp(stamp, DIGEST, { ...place, key: 'copy' })],
    ['too many fields', `${text}:`],
    ['version 1 with a digest', `${version1};0123456789ab`],
  ])('decode to undefined: %s', (_, value) => {
    expect(decodeStamp(value, place)).toBeUndefined();
  });

  test('leave out fields that could not be decoded', () => {
    const odd = stampOf({ ...write, sequencer: 'not:hex', etag: 'xyz' });

    expect(odd).toEqual({ origin: write.origin, eventTime: write.eventTime, etag: '' });
    expect(decodeStamp(encodeStamp(odd, DIGEST, place), place)?.stamp).toEqual(odd);
  });

  test('are found in the metadata, or otherwise in a tag', () => {
    const tags = [...tagsOf(2), { key: STAMP_NAME, value: text }];

    expect(findStamp({ metadata: { a: 'b', [STAMP_NAME]: text } }, place)?.stamp).toEqual(stamp);
    expect(findStamp({ metadata: { a: 'b' }, tags }, place)?.stamp).toEqual(stamp);
    expect(findStamp({ metadata: { a: 'b' }, tags: tagsOf(2) }, place)).toBeUndefined();
  });

  test("are removed whatever location they name, but a user's entry or tag of the same name stays", () => {
    const tag = { key: STAMP_NAME, value: text };
    const ownTag = { key: STAMP_NAME, value: 'mine' };

    expect(withoutStamp({ a: 'b', [STAMP_NAME]: text })).toEqual({ a: 'b' });
    expect(withoutStamp({ a: 'b', [STAMP_NAME]: version1 })).toEqual({ a: 'b' });
    expect(withoutStamp({ a: 'b', [STAMP_NAME]: 'mine' })).toEqual({ a: 'b', [STAMP_NAME]: 'mine' });
    expect(withoutStampTag([...tagsOf(1), tag])).toEqual(tagsOf(1));
    expect(withoutStampTag([ownTag])).toEqual([ownTag]);
  });

  test('go into metadata up to 2,048 bytes of UTF-8, otherwise into a tag, otherwise nowhere', () => {
    const room = 2048 - 'ä'.length * 2 - STAMP_NAME.length - text.length;

    expect(chooseStampLocation({ ä: 'x'.repeat(room) }, [], stamp)).toBe('metadata');
    expect(chooseStampLocation({ ä: 'x'.repeat(room + 1) }, tagsOf(9), stamp)).toBe('tag');
    expect(chooseStampLocation({ ä: 'x'.repeat(room + 1) }, tagsOf(10), stamp)).toBe('none');
    expect(chooseStampLocation({ [STAMP_NAME]: 'mine' }, [], stamp)).toBe('tag');
    expect(chooseStampLocation({ [STAMP_NAME]: 'mine' }, [{ key: STAMP_NAME, value: 'mine' }], stamp)).toBe('none');
    expect(hasRoomForStamp({ note: 'x'.repeat(1000) })).toBe(true);
    expect(hasRoomForStamp({ note: 'x'.repeat(1955) })).toBe(true);
    expect(hasRoomForStamp({ note: 'x'.repeat(1956) })).toBe(false);
    expect(hasRoomForStamp({ [STAMP_NAME]: 'mine' })).toBe(false);
    expect(hasRoomForStampTag(tagsOf(9))).toBe(true);
    expect(hasRoomForStampTag(tagsOf(10))).toBe(false);
  });

  test('do not affect metadata named like a built-in object property', () => {
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
  ] as const)('compare as %s', (relation, left, right) => {
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

  test('matches the written object in any order of metadata, including the stamp', () => {
    expect(isAsWritten(found, description({ metadata: { b: 'ä', [STAMP_NAME]: text, a: '1' } }))).toBe(true);
  });

  test.each<[string, Partial<ObjectDescription>]>([
    ['bytes', { crc32: 8 }],
    ['size', { size: 4 }],
    ['a header', { headers: { ...CONTENT.headers, cacheControl: 'private' } }],
    ['a removed header', { headers: { contentType: 'text/plain', contentEncoding: 'gzip' } }],
    ['an added header', { headers: { ...CONTENT.headers, contentLanguage: 'de' } }],
    ['metadata', { metadata: { a: '2', b: 'ä' } }],
    ['added metadata', { metadata: { ...CONTENT.metadata, c: '' } }],
  ])('does not match after an edit of %s', (_, edit) => {
    expect(isAsWritten(found, description(edit))).toBe(false);
  });

  test('does not match an object without a CRC-32, since we always send one', () => {
    const known = Object.entries(description()).filter(([name]) => name !== 'crc32');

    expect(isAsWritten(found, Object.fromEntries(known) as unknown as ObjectDescription)).toBe(false);
  });

  test('omits the CRC-32 if it is not known before the write', () => {
    const early = { stamp, digest: digestContent({ ...CONTENT, crc32: undefined }) };

    expect(isAsWritten(early, description())).toBe(true);
    expect(isAsWritten(early, description({ size: 4 }))).toBe(false);
  });

  test('never changes between versions of this product, or every existing object would look edited', () => {
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

  test('ignores defaults that S3 adds', () => {
    const bare = digestContent({ size: 0, headers: {}, metadata: {} });
    const chunked = { contentType: 'binary/octet-stream', contentEncoding: 'aws-chunked' };

    expect(digestContent({ size: 0, headers: chunked, metadata: {} })).toBe(bare);
    expect(digestContent({ size: 0, headers: { contentEncoding: 'gzip' }, metadata: {} })).not.toBe(bare);
  });
});

describe('the read time in a stamp', () => {
  const readAt = 1_700_000_010_000;
  const listed = stampOf({ origin: write.origin, etag: 'ab', eventTime: readAt - 10_000, readAt });
  const deletion = (eventTime: number, origin = write.origin) =>
    stampOf({ origin, etag: '', eventTime, sequencer: '20' });

  test.each([
    ['an earlier deletion is older', deletion(readAt - 1), false],
    ['a deletion in the same second is later', deletion(readAt), true],
    ['a later deletion is later', deletion(readAt + 1), true],
    ['a deletion of another source is not compared', deletion(readAt - 1, 'ffffffff'), true],
  ])('is compared only with deletions: %s', (_, deleted, isBefore) => {
    expect(isBeforeDeletion(listed, deleted)).toBe(isBefore);
    expect(relateStamps(listed, deleted)).toBe('older');
  });

  test('is left out if there is a sequencer, and changes neither the order of writes nor replays', () => {
    expect(stampOf({ ...write, readAt })).toEqual(stamp);
    expect(relateStamps(listed, stampOf({ ...listed, readAt: readAt + 5000 }))).toBe('same');
  });

  test('is shorter than the longest sequencer, with characters that are allowed in tags', () => {
    const latest = stampOf({ ...write, sequencer: undefined, readAt: Date.parse('9999-12-31T23:59:59Z') });
    const longest = stampOf({ ...write, sequencer: 'A'.repeat(32) });
    const encoded = encodeStamp(latest, DIGEST, place);
    expect(encoded.length).toBeLessThan(encodeStamp(longest, DIGEST, place).length);
    expect(encoded).toMatch(/^[0-9a-z:-]+$/i);
  });
});
