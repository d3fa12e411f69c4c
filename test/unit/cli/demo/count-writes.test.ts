import { describe, expect, test } from '@jest/globals';
import type { UploadedObject } from '../../../../src/cli/demo/upload/uploaded-object.ts';
import {
  checkPacking,
  checkWrites,
  countKeys,
  countPackedAgain,
} from '../../../../src/cli/demo/verify/count-writes.ts';

function uploaded(key: string, writes: UploadedObject['writes'] = [1, 1], etag = `etag of ${key}`): UploadedObject {
  const attributes = { headers: {}, metadata: {}, tags: [], storageClass: 'STANDARD' };
  return { key, etag, size: 1, sha256: '', begun: 0, attributes, writes };
}

const HERE = { region: 'us-east-1' };
const removals = { restored: [], traveling: [], undone: [], rewritten: [] };

describe('checkWrites', () => {
  const objects = [uploaded('plain'), uploaded('early', [2, 2]), uploaded('racing', [1, 2])];

  test('accepts as many writes as there were versions to write', () => {
    for (const racing of [1, 2]) {
      const counts = countKeys(['plain', 'early', 'early', ...Array.from({ length: racing }, () => 'racing')]);
      expect(checkWrites({ objects }, counts, HERE)).toEqual([]);
    }
  });

  test.each([
    [
      'an additional write, as after a replay',
      ['plain', 'plain', 'early', 'early', 'racing'],
      '"plain" was written 2 times',
    ],
    ['a version that never arrived before the next one', ['plain', 'early', 'racing'], '"early" was written 1 times'],
    ['more writes than versions', ['plain', 'early', 'early', 'racing', 'racing', 'racing'], 'instead of 1 to 2'],
  ])('names %s', (_what, versions, complaint) => {
    const complaints = checkWrites({ objects }, countKeys(versions), HERE);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(complaint);
  });

  test('checks below the prefix of the destination', () => {
    const counts = countKeys(['copies/plain', 'copies/plain']);
    const destination = { ...HERE, targetPrefix: 'copies/' };
    expect(checkWrites({ objects: [uploaded('plain')] }, counts, destination)).toHaveLength(1);
  });

  test('leaves a missing object to the check for lost objects', () => {
    expect(checkWrites({ objects }, countKeys([]), HERE)).toEqual([]);
  });
});

describe('checkPacking', () => {
  const object = uploaded('a');
  const draft = uploaded('a', [1, 1], 'etag of draft');
  const record = { objects: [object], drafts: [draft], removals };

  test('accepts one packing per event, and fewer', () => {
    expect(checkPacking(record, [object, draft], [])).toEqual([]);
    expect(checkPacking(record, [object], [])).toEqual([]);
    expect(checkPacking(record, [object, object], [object])).toEqual([]);
  });

  test('names what was packed again without an event', () => {
    expect(checkPacking(record, [object, object], [draft])).toEqual([
      '"a" (etag of a) was packed 2 times for 1 events',
    ]);
  });

  test('accepts one packing of a deleted object, and one per event of an undeleted object, whose undeletion causes two events', () => {
    const [gone, back] = [uploaded('gone'), uploaded('back')];
    const deleting = { objects: [back], drafts: [], removals: { ...removals, restored: [gone], undone: [back] } };
    expect(checkPacking(deleting, [gone, back, back, back], [])).toEqual([]);
    expect(checkPacking(deleting, [gone, gone, back, back, back, back], [])).toHaveLength(2);
  });

  test('names a version that was never uploaded', () => {
    expect(checkPacking(record, [{ key: 'b', etag: '1' }], [])).toHaveLength(1);
  });

  test('allows for the two events that the local S3 sends for a multipart upload', () => {
    const parts = uploaded('large', [1, 1], 'd41d8-2');
    expect(checkPacking({ objects: [parts], drafts: [], removals }, [parts, parts], [])).toEqual([]);
    expect(checkPacking({ objects: [parts], drafts: [], removals }, [parts, parts, parts], [])).toHaveLength(1);
  });
});

test('counts what was packed again', () => {
  const [one, other] = [uploaded('a'), uploaded('b')];
  expect(countPackedAgain([one, other])).toBe(0);
  expect(countPackedAgain([one, other, one, one])).toBe(2);
});
