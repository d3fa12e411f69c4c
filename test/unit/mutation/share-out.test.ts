import { expect, test } from '@jest/globals';
import { shareOut } from '../../mutation/share-out.ts';

test('a free worker takes the next item, and each item is taken once', async () => {
  const taken: [string, number][] = [];
  const first = Promise.withResolvers<undefined>();
  const done = shareOut(['slow', 'fast'], [1, 2, 3, 4], async (hand, item) => {
    taken.push([hand, item]);
    if (hand === 'slow') await first.promise;
    else if (item === 4) first.resolve(undefined);
  });
  await done;
  expect(taken).toEqual([
    ['slow', 1],
    ['fast', 2],
    ['fast', 3],
    ['fast', 4],
  ]);
});
