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
await fc.assert(
  fc.asyncProperty(histories, async (history) => {
    steps += history.steps.length;
    const wrong = await playHistory(history);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  }),
  { numRuns: Number(values.histories), seed: Number(values.seed) },
);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${values.histories} histories of ${steps} steps, seed ${values.seed}: each ended as the model says (${seconds} s)`,
);
