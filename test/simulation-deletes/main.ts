import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { histories } from './history.ts';
import { playHistory } from './play-history.ts';

/** `npm run simulate:deletes -- --histories 10000 --seed 7`: random histories of deletions, each against the model. */
const { values } = parseArgs({
  options: { histories: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const started = performance.now();
let steps = 0;
const untold: string[] = [];
await fc.assert(
  fc.asyncProperty(histories, async (history) => {
    steps += history.steps.length;
    const ending = await playHistory(history);
    if (ending.untold.length > 0) untold.push(ending.untold.join('; '));
    if (ending.wrong.length > 0) throw new Error(ending.wrong.join('\n'));
  }),
  { numRuns: Number(values.histories), seed: Number(values.seed) },
);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
for (const difference of untold) console.log(`S3 could not distinguish two writes of the same bytes: ${difference}`);
console.log(
  `${values.histories} histories of ${steps} steps, seed ${values.seed}: each ended as the model says, except ${untold.length} in which two writes of the same bytes had the same ETag (${seconds} s)`,
);
