import { describe, expect, test } from '@jest/globals';
import {
  decodeStamp,
  encodeStamp,
  hasRoomFor,
  hasRoomForStamp,
  originOf,
  relateStamps,
  STAMP_NAME,
  stampOf,
  withoutStamp,
  withStamp,
} from '../../../src/storage/provenance.ts';

const write = {
  origin: 'a1b2c3d4',
  eventTime: 1_700_000_000_123,
  sequencer: '0055AED6DCD90281E5',
  etag: 'd41d8cd98f00',
};
const stamp = stampOf(write);
const place = { bucket: 'target-bucket', key: 'dir/key' };

describe('provenance stamps', () => {
  test('have one text for one write', () => {
    expect(encodeStamp(stamp, place)).toBe(
      `1;ed851a78;a1b2c3d4;${write.eventTime.toString(36)};0055AED6DCD90281E5;d41d8cd9`,
    );
    expect(originOf('source-bucket')).toMatch(/^[0-9a-f]{8}$/);
  });

  test.each([
    ['complete', stamp],
    ['without a sequencer', stampOf({ origin: write.origin, eventTime: 0, etag: 'ab' })],
    ['without an ETag', stampOf({ ...write, etag: '' })],
  ])('are read back from metadata: %s', (_, one) => {
    expect(decodeStamp({ other: 'x', [STAMP_NAME]: encodeStamp(one, place) }, place)).toEqual(one);
  });

  test.each([
    ['none', {}],
    ['another version', { [STAMP_NAME]: '2;ed851a78;a1b2c3d4;0;;' }],
    ['no stamp at all', { [STAMP_NAME]: 'mine' }],
    ['the stamp of another bucket', { [STAMP_NAME]: encodeStamp(stamp, { ...place, bucket: 'copies' }) }],
    ['the stamp of another key', { [STAMP_NAME]: encodeStamp(stamp, { ...place, key: 'copy' }) }],
    ['too many fields', { [STAMP_NAME]: '1;ed851a78;a1b2c3d4;0;;;' }],
  ])('are undefined when there is %s', (_, metadata) => {
    expect(decodeStamp(metadata, place)).toBeUndefined();
  });

  test('leave out what could not be read back', () => {
    const odd = stampOf({ ...write, sequencer: 'not;hex', etag: 'xyz' });

    expect(odd).toEqual({ origin: write.origin, eventTime: write.eventTime, etag: '' });
    expect(decodeStamp({ [STAMP_NAME]: encodeStamp(odd, place) }, place)).toEqual(odd);
  });

  test('replace the stamp of an earlier hop', () => {
    const earlier = { a: 'b', [STAMP_NAME]: '1;00000000;00000000;0;;' };

    expect(withStamp(earlier, stamp, place)).toEqual({ a: 'b', [STAMP_NAME]: encodeStamp(stamp, place) });
    expect(withoutStamp(earlier)).toEqual({ a: 'b' });
  });

  test('are added up to 2,048 bytes of names and values, counted in UTF-8', () => {
    const room = 2048 - 'ä'.length * 2 - STAMP_NAME.length - encodeStamp(stamp, place).length;

    expect(hasRoomFor({ ä: 'x'.repeat(room) }, stamp)).toBe(true);
    expect(hasRoomFor({ ä: 'x'.repeat(room + 1) }, stamp)).toBe(false);
    expect(hasRoomForStamp({ note: 'x'.repeat(1000) })).toBe(true);
    expect(hasRoomForStamp({ note: 'x'.repeat(2040) })).toBe(false);
  });

  test('keep metadata that is named like a property of every object', () => {
    const hostile = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;

    expect(JSON.stringify(withStamp(hostile, stamp, place))).toBe(
      `{"__proto__":"x","constructor":"y","${STAMP_NAME}":"${encodeStamp(stamp, place)}"}`,
    );
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
