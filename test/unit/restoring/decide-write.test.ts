import { describe, expect, test } from '@jest/globals';
import { decideWrite, type WriteDecision } from '../../../src/restoring/decide-write.ts';
import { type RestorableObject, stampableMetadata } from '../../../src/restoring/restorable-object.ts';
import { encodeStamp, STAMP_NAME, stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectDescription, UserMetadata } from '../../../src/storage/stored-object.ts';

const TIME = Date.UTC(2026, 10, 23, 10);
const ETAG = '0cc175b9c0f1b6a831c399e269772661';
const FULL: UserMetadata = { note: 'x'.repeat(2044) };
const OLDER_FULL: UserMetadata = { note: 'y'.repeat(2044) };

const ours = (metadata: UserMetadata = {}): RestorableObject => {
  const stamp = stampOf({ origin: '0123abcd', eventTime: TIME, sequencer: '0055AA', etag: ETAG });
  const stampable = stampableMetadata(metadata, stamp);
  return {
    key: 'k',
    size: 1,
    etag: ETAG,
    crc32: 7,
    headers: {},
    tags: [],
    storageClass: 'STANDARD',
    stamp,
    ...stampable,
  };
};
const there = (metadata: UserMetadata, more: Partial<ObjectDescription> = {}): ObjectDescription => ({
  size: 1,
  etag: 'there',
  lastModified: new Date(TIME + 60_000),
  headers: {},
  metadata,
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
  ...more,
});
const PLACE = { bucket: 'target', key: 'k' };
const stamped = (sequencer: string, place = PLACE): UserMetadata => ({
  [STAMP_NAME]: encodeStamp(stampOf({ origin: '0123abcd', eventTime: TIME, sequencer, etag: ETAG }), place),
});
const COPIED = { bucket: 'elsewhere', key: 'k' };

const absent: WriteDecision = { kind: 'write', condition: { kind: 'absent' }, conflict: false };
const over = (conflict: boolean): WriteDecision => ({
  kind: 'write',
  condition: { kind: 'matches', etag: 'there' },
  conflict,
});
const skip = (reason: 'replay' | 'newer-at-target' | 'kept'): WriteDecision => ({ kind: 'skip', reason });
const before = new Date(TIME - 1000);

describe('decideWrite, row by row of its table', () => {
  test.each([
    ['nothing there', ours(), undefined, 'overwrite', absent],
    ['stamp of the same write', ours(), there(stamped('0055AA')), 'overwrite', skip('replay')],
    ['stamp of a newer write', ours(), there(stamped('0055AB')), 'overwrite', skip('newer-at-target')],
    ['stamp of an older write', ours(), there(stamped('0055A9')), 'overwrite', over(false)],
    ['an older stamp counts as ours under keep, too', ours(), there(stamped('0055A9')), 'keep', over(false)],
    [
      'a copy that somebody made of another object of ours, keep',
      ours(),
      there(stamped('0055AB', COPIED)),
      'keep',
      skip('kept'),
    ],
    ['a copy, overwrite', ours(), there(stamped('0055AB', COPIED)), 'overwrite', over(true)],
    ['no stamp, room for one, keep', ours(), there({ a: 'b' }), 'keep', skip('kept')],
    ['no stamp, room for one, overwrite', ours(), there({ a: 'b' }), 'overwrite', over(true)],
    [
      'no stamp, room, older than ours: still a conflict',
      ours(FULL),
      there({}, { lastModified: before }),
      'keep',
      skip('kept'),
    ],
    ['no room, same checksum and metadata', ours(FULL), there(FULL, { crc32: 7 }), 'overwrite', skip('replay')],
    [
      'no room, same MD5 and metadata',
      ours(FULL),
      there(FULL, { etag: ETAG, lastModified: before }),
      'keep',
      skip('replay'),
    ],
    [
      'no room, other metadata, modified later',
      ours(FULL),
      there(OLDER_FULL, { crc32: 7 }),
      'overwrite',
      skip('newer-at-target'),
    ],
    [
      'no room, other checksum, modified later',
      ours(FULL),
      there(FULL, { crc32: 8 }),
      'overwrite',
      skip('newer-at-target'),
    ],
    [
      'no room, other checksum, modified before',
      ours(FULL),
      there(FULL, { crc32: 8, lastModified: before }),
      'overwrite',
      over(true),
    ],
    [
      'no room, other size, modified before',
      ours(FULL),
      there(FULL, { size: 2, lastModified: before }),
      'overwrite',
      over(true),
    ],
    [
      'no room there, but ours has: modified before',
      ours(),
      there(FULL, { lastModified: before }),
      'overwrite',
      over(true),
    ],
  ] as const)('%s', (_, object, existing, onConflict, decision) => {
    const expected = existing?.etag === ETAG && decision.kind === 'write' ? over(decision.conflict) : decision;

    expect(decideWrite(object, existing, PLACE, onConflict)).toEqual(expected);
  });

  test('an ETag that is no MD5 (multipart, KMS) proves nothing about the bytes', () => {
    const object = { ...ours(FULL), etag: `${ETAG}-2` };
    const existing = there(FULL, { etag: `${ETAG}-2`, lastModified: before });

    expect(decideWrite(object, existing, PLACE, 'overwrite')).toMatchObject({ kind: 'write', conflict: true });
  });
});
