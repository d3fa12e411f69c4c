import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../local-cloud/faults/random.ts';
import { limitedRate, randomRefusals } from '../../simulation-backlog/bucket-load.ts';
import { percentile } from '../../simulation-backlog/percentile.ts';
import { trickle } from '../../simulation-backlog/scenarios.ts';
import { type Scenario, simulateBacklog } from '../../simulation-backlog/simulate-backlog.ts';
import { VirtualTime } from '../../simulation-backlog/virtual-time.ts';

const EVENTS = 1_200;

function scenario(more: Partial<Scenario>): Scenario {
  return {
    name: 'a test',
    events: EVENTS,
    sources: 1,
    scalingLimit: 3,
    batchSize: 100,
    timeoutSeconds: 900,
    frameSeconds: 0.2,
    archiveBytes: 256 * 1024 * 1024,
    ...more,
  };
}

test('a burst loses nothing when S3 refuses half of all calls, and no message needs a second receive', async () => {
  const load = () => randomRefusals(0.5, seededRandom(1));
  const figures = await simulateBacklog(scenario({ sourceLoad: load, targetLoad: load }));
  expect(figures).toMatchObject({ identical: EVENTS, deadLetters: [], maxReceives: 1, maxSourceRuns: 3 });
  expect(figures.source.throttled).toBeGreaterThan(0.4 * figures.source.calls);
});

test('messages that an invocation does not reach do not count toward maxReceiveCount', async () => {
  const figures = await simulateBacklog(scenario({ timeoutSeconds: 60, frameSeconds: 15, archiveBytes: 4_000 }));
  expect(figures).toMatchObject({ identical: EVENTS, deadLetters: [], maxReceives: 1 });
  expect(figures.requeued).toBeGreaterThan(EVENTS);
});

test('many sources do not overload a target that serves a limited number of calls', async () => {
  const figures = await simulateBacklog(scenario({ sources: 6, targetLoad: () => limitedRate(50) }));
  expect(figures).toMatchObject({ identical: EVENTS, deadLetters: [] });
  // At best it takes 24 s, without wasted calls.
  expect(figures.seconds).toBeLessThan(60);
  expect(figures.target.calls).toBeLessThan(3 * EVENTS);
});

test('an object in a trickle waits for its window and little else', async () => {
  const figures = await simulateBacklog({ ...trickle(20), events: 100 });
  expect(figures).toMatchObject({ identical: 100, deadLetters: [] });
  // 100 s of arrivals in windows of 20 s; times of objects are whole seconds.
  expect(figures.archives).toBeGreaterThanOrEqual(5);
  expect(figures.archives).toBeLessThanOrEqual(6);
  expect(percentile(figures.latencies, 0.5)).toBeGreaterThan(8);
  expect(percentile(figures.latencies, 0.5)).toBeLessThan(14);
  expect(figures.latencies.at(-1)).toBeLessThan(25);
});

test('virtual time runs everything in order', async () => {
  const time = new VirtualTime(1_000);
  const seen: number[] = [];
  const waits = [500, 20, 300, 20, 0, 40_000, 21];
  const all = waits.map(async (wait) => {
    await time.sleep(wait);
    seen.push(time.now() - 1_000);
  });
  await time.run(Promise.all(all));
  expect(seen).toEqual(waits.toSorted((left, right) => left - right));
  await expect(time.run(new Promise(() => undefined))).rejects.toThrow('is stuck');
});
