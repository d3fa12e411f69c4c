import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { DeletionPicker, encodeDeletions } from '../../../src/restoring/deletions/deletion-record.ts';

test('DeletionPicker finds the deletions of the given keys, whatever their sequencers look like', () => {
  const deletions = [
    { key: 'a', eventTime: 1, sequencer: '0055AED6DCD90281' },
    { key: 'b', eventTime: 2, sequencer: '0abc1' },
    { key: 'c', eventTime: 3 },
    { key: 'd', eventTime: 4, sequencer: 'not hexadecimal' },
    { key: 'e', eventTime: 5, sequencer: 'f'.repeat(32) },
  ];
  const picker = new DeletionPicker(['a', 'b', 'c', 'd', 'e', 'f']);
  picker.pick(encodeDeletions(deletions));
  expect([...picker.found.values()].flat()).toEqual([
    { key: 'a', eventTime: 1, sequencer: '0055aed6dcd90281' },
    { key: 'b', eventTime: 2, sequencer: '0abc1' },
    { key: 'c', eventTime: 3 },
    { key: 'd', eventTime: 4 },
    { key: 'e', eventTime: 5, sequencer: 'f'.repeat(32) },
  ]);
});

test('a time that is out of range is stored as the last or first possible time', () => {
  const picker = new DeletionPicker(['late', 'early']);
  picker.pick(
    encodeDeletions([
      { key: 'late', eventTime: Number.MAX_VALUE },
      { key: 'early', eventTime: -1 },
    ]),
  );
  expect(picker.found.get('late')?.[0]?.eventTime).toBe(2 ** 48 - 1);
  expect(picker.found.get('early')?.[0]?.eventTime).toBe(0);
});

test('a deletion begins with the hash of its key, and a note with the complement of that hash', () => {
  const hashed = createHash('sha256').update('k').digest().subarray(0, 16);
  const begin = (kind?: 'note') => encodeDeletions([{ key: 'k', eventTime: 1, ...(kind && { kind }) }]).subarray(0, 16);
  expect(begin()).toEqual(hashed);
  expect([...begin('note')]).toEqual([...hashed].map((byte) => 255 - byte));
});
