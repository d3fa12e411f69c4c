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
const deleted = { kind: 'delete', etag: 'e', conflict: false };
const conflict = { kind: 'delete', etag: 'e', conflict: true };
const skip = (reason: string): object => ({ kind: 'skip', reason });

describe('a deletion meets', () => {
  test.each([
    ['nothing', undefined, skip('absent'), skip('absent')],
    ['an older write of ours', stamped('1F'), deleted, deleted],
    ['one that was restored after the deletion was made', stamped('1F', later), deleted, deleted],
    ['a newer write of ours', stamped('21'), skip('newer-at-target'), skip('newer-at-target')],
    ['an older one, edited before', stamped('1F', { size: 2 }), conflict, skip('kept')],
    ['an older one, edited since', stamped('1F', { size: 2, ...later }), skip('newer-at-target'), skip('kept')],
    ['a newer one, edited', stamped('21', { size: 2 }), skip('newer-at-target'), skip('kept')],
    ["another writer's, older", PLAIN, conflict, skip('kept')],
    ["another writer's, of the same second", { ...PLAIN, ...later }, skip('newer-at-target'), skip('kept')],
    ['no room in metadata, room in tags, older', { ...PLAIN, ...FULL, tags: [] }, conflict, skip('kept')],
    ['no room at all, older', { ...PLAIN, ...FULL, tags: TEN_TAGS }, conflict, conflict],
    [
      'no room at all, newer',
      { ...PLAIN, ...FULL, ...later, tags: TEN_TAGS },
      skip('newer-at-target'),
      skip('newer-at-target'),
    ],
  ])('%s', (_, existing, underOverwrite, underKeep) => {
    expect(decideDeletion(DELETION, existing, LOCATION, 'overwrite')).toEqual(underOverwrite);
    expect(decideDeletion(DELETION, existing, LOCATION, 'keep')).toEqual(underKeep);
  });
});
