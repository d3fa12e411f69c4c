import { expect, test } from '@jest/globals';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { encodeStamp, originOf, STAMP_NAME, stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';
import { type ExaminedObject, judgeCopy } from '../../../src/verifying/judge-copy.ts';
import { LAST_MODIFIED, listedObject } from '../../support/backfill.ts';

const location = { bucket: 'target', key: 'k' };
const ETAG = 'aabbccddeeff00112233445566778899';
const object = listedObject('k', { etag: ETAG });
const listedAt = LAST_MODIFIED + 3_600_000;
const FULL = { note: 'x'.repeat(2044) };

interface Written {
  readonly etag?: string;
  readonly eventTime?: number;
  readonly bucket?: string;
  readonly size?: number;
}

function stamped({
  etag = ETAG,
  eventTime = LAST_MODIFIED + 300,
  bucket = 'source',
  size = 10,
}: Written = {}): ObjectDescription {
  const stamp = stampOf({ origin: originOf(bucket), etag, eventTime, sequencer: 'A1' });
  const content = { size, crc32: 7, headers: {}, metadata: {} };
  return there({ size, metadata: { [STAMP_NAME]: encodeStamp(stamp, digestContent(content), location) } });
}

/** The same if the user's metadata has no room: the stamp is a tag. */
function tagged({
  etag = ETAG,
  eventTime = LAST_MODIFIED + 300,
  bucket = 'source',
  size = 10,
}: Written): ExaminedObject {
  const stamp = stampOf({ origin: originOf(bucket), etag, eventTime, sequencer: 'A1' });
  const value = encodeStamp(stamp, digestContent({ size, crc32: 7, headers: {}, metadata: FULL }), location);
  return { ...there({ size, metadata: FULL }), tags: [{ key: STAMP_NAME, value }] };
}

function there(more: Partial<ObjectDescription>): ObjectDescription {
  return {
    size: 10,
    crc32: 7,
    etag: 'e',
    lastModified: new Date(LAST_MODIFIED + 60_000),
    headers: {},
    metadata: {},
    storageClass: 'STANDARD',
    tagCount: 0,
    missingMetadata: 0,
    ...more,
  };
}

test.each<[string, ExaminedObject | undefined, string]>([
  ['that is gone', undefined, 'missing'],
  ['as written, with the stamp of the listed version', stamped(), 'equal'],
  ['as written, with the stamp of the listed version and another size', stamped({ size: 11 }), 'different'],
  ['as written, with the stamp of another version', stamped({ etag: '0'.repeat(32) }), 'older'],
  [
    'as written, with the stamp of a version after the listing',
    stamped({ etag: '0'.repeat(32), eventTime: listedAt + 1 }),
    'not-due',
  ],
  ['as written, with the stamp of another source bucket', stamped({ bucket: 'elsewhere' }), 'foreign'],
  ['edited since its stamp', { ...stamped(), headers: { contentType: 'text/plain' } }, 'foreign'],
  ['without a stamp', there({}), 'foreign'],
  ['without a stamp or room for one, of another size', there({ metadata: FULL, size: 11 }), 'different'],
  [
    'without a stamp or room for one, modified before',
    there({ metadata: FULL, lastModified: new Date(LAST_MODIFIED - 5000) }),
    'older',
  ],
  ['without a stamp or room for one, modified since', there({ metadata: FULL }), 'equal'],
  [
    'without a stamp or room for one, of another size, modified after the listing',
    there({ metadata: FULL, size: 11, lastModified: new Date(listedAt + 1) }),
    'not-due',
  ],
  ['with the tag of the listed version', tagged({}), 'equal'],
  ['with the tag of the listed version and another size', tagged({ size: 11 }), 'different'],
  ['with the tag of another version', tagged({ etag: '0'.repeat(32) }), 'older'],
  [
    'with the tag of a version after the listing',
    tagged({ etag: '0'.repeat(32), size: 11, eventTime: listedAt + 1 }),
    'not-due',
  ],
  ['with the tag of another source bucket', tagged({ bucket: 'elsewhere' }), 'foreign'],
  ['edited since its tag', { ...tagged({}), headers: { contentType: 'text/plain' } }, 'foreign'],
])('a copy %s', (_, found, kind) => {
  expect(judgeCopy({ bucket: 'source', object, location, listedAt }, found).kind).toBe(kind);
});

test('a repair is later than the stamp that it replaces, and never earlier than Last-Modified', () => {
  const order = (found: ObjectDescription): number =>
    judgeCopy({ bucket: 'source', object, location, listedAt }, found).order;
  const late = stamped({ etag: '0'.repeat(32), eventTime: LAST_MODIFIED + 9000 });
  expect(order(late)).toBe(LAST_MODIFIED + 9001);
  expect(order(stamped({ etag: '0'.repeat(32), eventTime: LAST_MODIFIED - 9000 }))).toBe(LAST_MODIFIED - 1);
});
