import { seededRandom } from '../../local-cloud/faults/random.ts';
import { type BucketLoad, limitedRate, randomRefusals } from './bucket-load.ts';
import type { Scenario } from './simulate-backlog.ts';

const SEED = 7;
/** What S3 guarantees per prefix and second. */
const GETS = 5_500;
const PUTS = 3_500;

const BURST = {
  sources: 1,
  scalingLimit: 20,
  batchSize: 1_000,
  timeoutSeconds: 900,
  frameSeconds: 0.2,
  archiveBytes: 256 * 1024 * 1024,
} as const;

/** All rows of the table "A burst of 100,000 events" in docs/performance.md. @param events of each scenario */
export function backlogScenarios(events: number): Scenario[] {
  const throttled = (share: number): Scenario => ({
    ...BURST,
    name: `S3 refuses ${(100 * share).toFixed(0)}% at random`,
    events,
    sourceLoad: () => refusals(share),
    targetLoad: () => refusals(share),
  });
  return [
    { ...BURST, name: 'no obstacle', events },
    { ...BURST, name: 'concurrency of two', events, scalingLimit: 2 },
    {
      ...BURST,
      name: 'runs too short for their batch',
      events,
      timeoutSeconds: 60,
      frameSeconds: 8,
      archiveBytes: 64 * 1024,
    },
    throttled(0.01),
    throttled(0.1),
    throttled(0.5),
    {
      ...BURST,
      name: 'as many calls as S3 guarantees per prefix',
      events,
      sourceLoad: () => limitedRate(GETS),
      targetLoad: () => limitedRate(PUTS),
    },
    {
      ...BURST,
      name: 'eight sources, one target with a tenth of that rate',
      events,
      sources: 8,
      scalingLimit: 5,
      targetLoad: () => limitedRate(PUTS / 10),
    },
  ];
}

/** Without S3's own replication: an archive is copied at the next of these polls. */
const AT_ONCE = 100;
/** What an invocation takes besides its requests: compressing its few frames. */
const LATENCY = { ...BURST, replicationMilliseconds: AT_ONCE } as const;

/** One object per second, for ten minutes. @param batchWindowSeconds of the rule */
export function trickle(batchWindowSeconds: number): Scenario {
  return { ...LATENCY, name: 'one object per second', events: 600, eventsPerSecond: 1, batchWindowSeconds };
}

/** 5,000 objects at once. @param batchWindowSeconds of the rule */
export function burst(batchWindowSeconds: number): Scenario {
  return { ...LATENCY, name: '5,000 objects at once', events: 5_000, batchWindowSeconds };
}

/** 50,000 objects that wait. @param scalingLimit of the rule */
export function backlog(scalingLimit: number): Scenario {
  return { ...LATENCY, name: '50,000 objects that wait', events: 50_000, scalingLimit };
}

function refusals(share: number): BucketLoad {
  return randomRefusals(share, seededRandom(SEED));
}
