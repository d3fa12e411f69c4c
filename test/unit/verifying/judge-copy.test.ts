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
  ['not there any more', undefined, 'missing'],
  ['as written, stamp of the listed version', stamped(), 'equal'],
  ['as written, stamp of the listed version, another size', stamped({ size: 11 }), 'different'],
  ['as written, stamp of another version', stamped({ etag: '0'.repeat(32) }), 'older'],
  [
    'as written, stamp of a version after the listing',
    stamped({ etag: '0'.repeat(32), eventTime: listedAt + 1 }),
    'not-due',
  ],
  ['as written, stamp of another source bucket', stamped({ bucket: 'elsewhere' }), 'foreign'],
  ['edited since its stamp', { ...stamped(), headers: { contentType: 'text/plain' } }, 'foreign'],
  ['no stamp', there({}), 'foreign'],
  ['no stamp and no room, another size', there({ metadata: FULL, size: 11 }), 'different'],
  [
    'no stamp and no room, modified before',
    there({ metadata: FULL, lastModified: new Date(LAST_MODIFIED - 5000) }),
    'older',
  ],
  ['no stamp and no room, modified since', there({ metadata: FULL }), 'equal'],
  [
    'no stamp and no room, another size, modified after the listing',
    there({ metadata: FULL, size: 11, lastModified: new Date(listedAt + 1) }),
    'not-due',
  ],
  ['stamped by a tag, of the listed version', tagged({}), 'equal'],
  ['stamped by a tag, of the listed version, another size', tagged({ size: 11 }), 'different'],
  ['stamped by a tag, of another version', tagged({ etag: '0'.repeat(32) }), 'older'],
  [
    'stamped by a tag, of a version after the listing',
    tagged({ etag: '0'.repeat(32), size: 11, eventTime: listedAt + 1 }),
    'not-due',
  ],
  ['stamped by a tag, of another source bucket', tagged({ bucket: 'elsewhere' }), 'foreign'],
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
