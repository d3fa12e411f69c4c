import { expect, test } from '@jest/globals';
import {
  DELETIONS_KEPT_DAYS,
  DELETIONS_KEPT_MILLISECONDS,
  type SourceDeletion,
} from '../../../../src/restoring/deletions/deletion-memory.ts';
import { addDeletion } from '../../../../src/restoring/deletions/last-deletions.ts';

const deletion = (eventTime: number, sequencer?: string): SourceDeletion => ({
  key: 'k',
  eventTime,
  ...(sequencer !== undefined && { sequencer }),
});

test('addDeletion keeps both a deletion and a note of the same key, whichever is later', () => {
  const note: SourceDeletion = { ...deletion(9, '09'), kind: 'note' };
  expect(addDeletion([note], deletion(1, '01'))).toEqual([note, deletion(1, '01')]);
  expect(addDeletion([deletion(9, '09')], { ...note, sequencer: '01' })).toHaveLength(2);
});

test('addDeletion keeps the later time of a deletion recorded twice, and the later of two different deletions', () => {
  expect(addDeletion([deletion(5, '01')], deletion(9, '01'))).toEqual([deletion(9, '01')]);
  expect(addDeletion([deletion(9, '01')], deletion(5, '01'))).toEqual([deletion(9, '01')]);
  expect(addDeletion([deletion(9, '01')], deletion(5, '02'))).toEqual([deletion(5, '02')]);
  expect(addDeletion([deletion(5)], deletion(9, '02'))).toEqual([deletion(5), deletion(9, '02')]);
});

test('DynamoDB keeps deletions one day longer than the target relies on them', () => {
  expect(DELETIONS_KEPT_MILLISECONDS / 86_400_000).toBe(DELETIONS_KEPT_DAYS - 1);
});
