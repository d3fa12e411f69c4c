import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { histories } from '../../simulation-deletes/history.ts';
import { playHistory } from '../../simulation-deletes/play-history.ts';

test('puts, deletes, undeletes and removed versions, arriving in any order, leave each destination as in the model', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      expect((await playHistory(history)).wrong).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
