import { describe, expect, test } from '@jest/globals';
import { decideWrite, type ExistingObject, type WriteDecision } from '../../../src/restoring/decide-write.ts';
import { makeStampable, type RestorableObject } from '../../../src/restoring/restorable-object.ts';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { encodeStamp, needsTags, PENDING_TAGS, STAMP_NAME, stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectTag, UserMetadata } from '../../../src/storage/stored-object.ts';

const TIME = Date.UTC(2026, 10, 23, 10);
const ETAG = '0cc175b9c0f1b6a831c399e269772661';
const FULL: UserMetadata = { note: 'x'.repeat(2044) };
const OLDER_FULL: UserMetadata = { note: 'y'.repeat(2044) };
const TEN: readonly ObjectTag[] = Array.from({ length: 10 }, (_, index) => ({ key: `t${index}`, value: 'v' }));
const ONE: readonly ObjectTag[] = [{ key: 't', value: 'v' }];

const ours = (metadata: UserMetadata = {}, tags: readonly ObjectTag[] = []): RestorableObject => {
  const stamp = stampOf({ origin: '0123abcd', eventTime: TIME, sequencer: '0055AA', etag: ETAG });
  return {
    key: 'k',
    size: 1,
    etag: ETAG,
    crc32: 7,
    headers: {},
    storageClass: 'STANDARD',
    stamp,
    ...makeStampable(metadata, tags, stamp),
  };
};
const there = (metadata: UserMetadata, more: Partial<ExistingObject> = {}): ExistingObject => ({
  size: 1,
  crc32: 7,
  etag: 'there',
  lastModified: new Date(TIME + 60_000),
  headers: {},
  metadata,
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
  ...more,
});
const withoutChecksum = (existing: ExistingObject): ExistingObject =>
  Object.fromEntries(Object.entries(existing).filter(([name]) => name !== 'crc32')) as unknown as ExistingObject;
const PLACE = { bucket: 'target', key: 'k' };
const stampText = (sequencer: string, place = PLACE, own: UserMetadata = {}): string =>
  encodeStamp(
    stampOf({ origin: '0123abcd', eventTime: TIME, sequencer, etag: ETAG }),
    digestContent({ size: 1, crc32: 7, headers: {}, metadata: own }),
    place,
  );
const stamped = (sequencer: string, place = PLACE): UserMetadata => ({ [STAMP_NAME]: stampText(sequencer, place) });
const tagged = (sequencer: string): readonly ObjectTag[] => [
  ...ONE,
  { key: STAMP_NAME, value: stampText(sequencer, PLACE, FULL) },
];
const version1 = (sequencer: string): UserMetadata => {
  const [, place, origin, time, , etag] = stampText(sequencer).split(':');
  return { [STAMP_NAME]: ['1', place, origin, time, sequencer, etag].join(';') };
};
const COPIED = { bucket: 'elsewhere', key: 'k' };

const absent: WriteDecision = { kind: 'write', condition: { kind: 'absent' }, isConflict: false };
const over = (isConflict: boolean): WriteDecision => ({
  kind: 'write',
  condition: { kind: 'matches', etag: 'there' },
  isConflict,
});
const skip = (reason: 'replay' | 'newer-at-target' | 'kept' | 'unordered'): WriteDecision => ({ kind: 'skip', reason });
const before = new Date(TIME - 1000);
const PENDING = [{ key: PENDING_TAGS, value: stampText('0055AA') }];

describe('decideWrite, each row of its table', () => {
  test.each([
    ['nothing there', ours(), undefined, 'overwrite', absent],
    ['stamp of the same write', ours(), there(stamped('0055AA')), 'overwrite', skip('replay')],
    [
      'stamp of the same write, tags still pending',
      ours(),
      there(stamped('0055AA'), { tags: PENDING, versionId: 'v1' }),
      'keep',
      { kind: 'tag', version: { etag: 'there', versionId: 'v1' } },
    ],
    [
      'edited in place while its tags were pending',
      ours(),
      there(stamped('0055AA'), { tags: PENDING, crc32: 8 }),
      'overwrite',
      skip('newer-at-target'),
    ],
    ['an older write, tags still pending', ours(), there(stamped('0055A9'), { tags: PENDING }), 'keep', over(false)],
    ['stamp of a newer write', ours(), there(stamped('0055AB')), 'overwrite', skip('newer-at-target')],
    ['stamp of an older write', ours(), there(stamped('0055A9')), 'overwrite', over(false)],
    ['an older stamp counts as ours even under keep', ours(), there(stamped('0055A9')), 'keep', over(false)],
    ['version 1, the same write', ours(), there(version1('0055AA'), { crc32: 8 }), 'overwrite', skip('replay')],
    ['version 1, an older write', ours(), there(version1('0055A9'), { crc32: 8 }), 'keep', over(false)],
    ['edited in place, keep', ours(), there(stamped('0055A9'), { crc32: 8 }), 'keep', skip('kept')],
    ['edited in place, on an older write', ours(), there(stamped('0055A9'), { crc32: 8 }), 'overwrite', over(true)],
    [
      'metadata edited in place, on an older write',
      ours(),
      there({ ...stamped('0055A9'), note: 'mine' }),
      'overwrite',
      over(true),
    ],
    [
      'edited in place, on this very write',
      ours(),
      there(stamped('0055AA'), { headers: { cacheControl: 'private' } }),
      'overwrite',
      skip('newer-at-target'),
    ],
    [
      'edited in place, on a newer write',
      ours(),
      there(stamped('0055AB'), { size: 2 }),
      'overwrite',
      skip('newer-at-target'),
    ],
    [
      'a copy that a user made of another object of ours, keep',
      ours(),
      there(stamped('0055AB', COPIED)),
      'keep',
      skip('kept'),
    ],
    ['a copy, overwrite', ours(), there(stamped('0055AB', COPIED)), 'overwrite', over(true)],
    ['no stamp, room for one, keep', ours(), there({ a: 'b' }), 'keep', skip('kept')],
    ['no stamp, room for one, overwrite', ours(), there({ a: 'b' }), 'overwrite', over(true)],
    [
      'no stamp, room for one, older than ours: still a conflict',
      ours(FULL),
      there({}, { lastModified: before }),
      'keep',
      skip('kept'),
    ],
    ['stamp tag of the same write', ours(FULL, ONE), there(FULL, { tags: tagged('0055AA') }), 'keep', skip('replay')],
    ['stamp tag of an older write', ours(FULL, ONE), there(FULL, { tags: tagged('0055A9') }), 'keep', over(false)],
    [
      'stamp tag of a newer write',
      ours(FULL, ONE),
      there(FULL, { tags: tagged('0055AB') }),
      'overwrite',
      skip('newer-at-target'),
    ],
    [
      'stamp tag, edited in place',
      ours(FULL, ONE),
      there(OLDER_FULL, { tags: tagged('0055A9') }),
      'overwrite',
      over(true),
    ],
    ['no room, everything the same', ours(FULL, TEN), there(FULL, { tags: TEN }), 'overwrite', skip('replay')],
    [
      'no room, everything the same by MD5',
      ours(FULL, TEN),
      withoutChecksum(there(FULL, { tags: TEN, etag: ETAG, lastModified: before })),
      'keep',
      skip('replay'),
    ],
    ['no room, other tags', ours(FULL, TEN), there(FULL, { tags: ONE }), 'overwrite', skip('unordered')],
    [
      'no room, other tags, modified before',
      ours(FULL, TEN),
      there(FULL, { tags: TEN.map(({ key }) => ({ key, value: 'w' })), lastModified: before }),
      'overwrite',
      over(true),
    ],
    [
      'no room, other headers, modified before',
      ours(FULL, TEN),
      there(FULL, { tags: TEN, headers: { cacheControl: 'private' }, lastModified: before }),
      'overwrite',
      over(true),
    ],
    ['no room, other metadata', ours(FULL, TEN), there(OLDER_FULL, { tags: TEN }), 'overwrite', skip('unordered')],
    ['no room, other checksum', ours(FULL, TEN), there(FULL, { tags: TEN, crc32: 8 }), 'overwrite', skip('unordered')],
    [
      'no room, modified within the same second',
      ours(FULL, TEN),
      there(FULL, { tags: TEN, crc32: 8, lastModified: new Date(TIME) }),
      'overwrite',
      skip('unordered'),
    ],
    [
      'no room, modified before, even under keep',
      ours(FULL, TEN),
      there(FULL, { tags: TEN, crc32: 8, lastModified: before }),
      'keep',
      over(true),
    ],
    [
      'no room in metadata but in tags, keep',
      ours(),
      there(FULL, { tags: ONE, lastModified: before }),
      'keep',
      skip('kept'),
    ],
    [
      'no room in metadata but in tags, overwrite',
      ours(),
      there(FULL, { tags: ONE, lastModified: before }),
      'overwrite',
      over(true),
    ],
  ] as [string, RestorableObject, ExistingObject | undefined, 'keep' | 'overwrite', WriteDecision][])(
    '%s',
    (_, object, existing, onConflict, decision) => {
      const { condition } = decision.kind === 'write' ? decision : {};
      const etag = existing?.etag ?? '';
      const expected = condition?.kind === 'matches' ? { ...decision, condition: { ...condition, etag } } : decision;

      expect(decideWrite(object, existing, PLACE, onConflict)).toEqual(expected);
    },
  );

  test.each<[string, Partial<RestorableObject>, Partial<ExistingObject>, boolean]>([
    ['the same size and checksum', {}, {}, true],
    ['the same size, and S3 reports no checksum', {}, { crc32: undefined as unknown as number }, true],
    ['the same size and another checksum', {}, { crc32: 8 }, false],
    ['another size', {}, { size: 2 }, false],
    ['no bytes, so that no part can be uploaded', { size: 0 }, { size: 0 }, false],
    ['an ETag that is not an MD5', {}, { etag: `${ETAG}-1` }, false],
  ])('decides whether the existing object may have the same ETag: %s', (_, ours_, theirs, same) => {
    const decision = decideWrite(
      { ...ours(), ...ours_ },
      there({ a: 'b' }, { etag: ETAG, ...theirs }),
      PLACE,
      'overwrite',
    );
    expect(decision).toMatchObject({ kind: 'write' });
    expect('hasSameBytes' in decision).toBe(same);
  });

  test('an object that has room for our stamp as a tag but has none is not ours, even if all else matches', () => {
    const existing = there(FULL, { tags: ONE });
    expect(decideWrite(ours(FULL, ONE), existing, PLACE, 'keep')).toEqual(skip('kept'));
  });

  test('an ETag that is not an MD5 (multipart, KMS) proves nothing about the bytes', () => {
    const object = { ...ours(FULL, TEN), etag: `${ETAG}-2` };
    const existing = withoutChecksum(there(FULL, { tags: TEN, etag: `${ETAG}-2`, lastModified: before }));

    expect(decideWrite(object, existing, PLACE, 'overwrite')).toMatchObject({ kind: 'write', isConflict: true });
  });

  test('reads tags only if the stamp cannot be anywhere else', () => {
    expect(needsTags(there(stamped('0055AA')), PLACE)).toBe(false);
    expect(needsTags(there({ a: 'b' }), PLACE)).toBe(false);
    expect(needsTags(there(FULL), PLACE)).toBe(true);
    expect(needsTags(there({ [STAMP_NAME]: 'mine' }), PLACE)).toBe(true);
  });
});
