import { expect, test } from '@jest/globals';
import { RoomCounts } from '../../mutation/room-counts.ts';

test('each room reports how many of its mutants were tried, and their results', () => {
  const counts = new RoomCounts();
  counts.addFile('src/packing/a.ts', 6);
  counts.addFile('src/worker/b.ts', 2);
  counts.add('src/packing/a.ts', 'noticed', false);
  counts.add('src/packing/a.ts', 'stuck', false);
  counts.add('src/packing/a.ts', 'refused', true);
  counts.add('src/packing/a.ts', 'unnoticed', true);
  counts.add('src/packing/a.ts', 'unnoticed', false);
  expect(counts.describe()).toEqual([
    'packing: 5 of 6 mutants tried, 2 noticed by tests, 1 refused by the compiler, 1 accepted in test/mutation/survivors.json, 1 not noticed',
    'worker: 0 of 2 mutants tried, 0 noticed by tests, 0 refused by the compiler, 0 accepted in test/mutation/survivors.json, 0 not noticed',
  ]);
  expect(counts.unnoticed).toBe(1);
});
