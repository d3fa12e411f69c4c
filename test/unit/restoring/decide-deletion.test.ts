import { describe, expect, test } from '@jest/globals';
import { decideDeletion } from '../../../src/restoring/deletions/decide-deletion.ts';
import { digestContent } from '../../../src/storage/content-digest.ts';
import { encodeStamp, stampOf } from '../../../src/storage/provenance.ts';
import type { ObjectDescription } from '../../../src/storage/stored-object.ts';

const LOCATION = { bucket: 'target-bucket', key: 'k' };
const TIME = Date.parse('2026-11-23T10:00:00Z');
const DELETION = stampOf({ origin: '11111111', etag: '', eventTime: TIME, sequencer: '20' });
const PLAIN: ObjectDescription = {
  size: 1,
  etag: 'e',
  lastModified: new Date(TIME - 60_000),
  headers: {},
  metadata: {},
  storageClass: 'STANDARD',
  tagCount: 0,
  missingMetadata: 0,
  crc32: 7,
};
const FULL = { metadata: { filler: 'x'.repeat(2042) } };
const TEN_TAGS = Array.from({ length: 10 }, (_, index) => ({ key: `${index}`, value: '' }));

function stamped(sequencer: string, change: Partial<ObjectDescription> = {}): ObjectDescription {
  const stamp = stampOf({ origin: '11111111', etag: 'abc', eventTime: TIME - 1, sequencer });
  return { ...PLAIN, metadata: { s3xrc: encodeStamp(stamp, digestContent(PLAIN), LOCATION) }, ...change };
}

const later = { lastModified: new Date(TIME) };
const deleted = { kind: 'delete', etag: 'e', isConflict: false };
const conflict = { kind: 'delete', etag: 'e', isConflict: true };
const skip = (reason: string): object => ({ kind: 'skip', reason });

describe('decideDeletion, when the existing object is', () => {
  test.each([
    ['missing', undefined, skip('absent'), skip('absent')],
    ['our older write', stamped('1F'), deleted, deleted],
    ['our older write, restored after the deletion was made', stamped('1F', later), deleted, deleted],
    ['our newer write', stamped('21'), skip('newer-at-target'), skip('newer-at-target')],
    ['our older write, edited before the deletion', stamped('1F', { size: 2 }), conflict, skip('kept')],
    [
      'our older write, edited after the deletion',
      stamped('1F', { size: 2, ...later }),
      skip('newer-at-target'),
      skip('kept'),
    ],
    ['our newer write, edited', stamped('21', { size: 2 }), skip('newer-at-target'), skip('kept')],
    ["another writer's older object", PLAIN, conflict, skip('kept')],
    ["another writer's object from the same second", { ...PLAIN, ...later }, skip('newer-at-target'), skip('kept')],
    [
      'an older object whose metadata has no room for a stamp but whose tags do',
      { ...PLAIN, ...FULL, tags: [] },
      conflict,
      skip('kept'),
    ],
    ['an older object without any room for a stamp', { ...PLAIN, ...FULL, tags: TEN_TAGS }, conflict, conflict],
    [
      'a newer object without any room for a stamp',
      { ...PLAIN, ...FULL, ...later, tags: TEN_TAGS },
      skip('newer-at-target'),
      skip('newer-at-target'),
    ],
  ])('%s', (_, existing, underOverwrite, underKeep) => {
    expect(decideDeletion(DELETION, existing, LOCATION, 'overwrite')).toEqual(underOverwrite);
    expect(decideDeletion(DELETION, existing, LOCATION, 'keep')).toEqual(underKeep);
  });
});
