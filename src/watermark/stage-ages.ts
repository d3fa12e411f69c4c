import type { Reading } from './dependencies.ts';

/** What was seen of a rule's way to one region. Times in milliseconds since 1970, values in seconds, the newest first. */
export interface RouteObservation {
  readonly now: number;
  /** Age of the oldest message, of each queue that holds objects of the rule before they are packed. */
  readonly queueAges: readonly (readonly Reading[])[];
  /** By how much S3 is behind. */
  readonly replicationLatency: readonly Reading[];
  /** Age of the oldest message of the queue of failed replications, whatever its rule is. */
  readonly failureAge: readonly Reading[];
  /** Age of the oldest object when S3 accepted its archive. */
  readonly packingDelays: readonly Reading[];
  /** Age of the oldest object when its message was sent again. */
  readonly deferredAges: readonly Reading[];
  /** Event time of the oldest object in an archive that arrived in the region and is not restored. */
  readonly oldestArrived: number | undefined;
  /** The same in archives that were given up. */
  readonly oldestFailed: number | undefined;
}

/** Seconds since the oldest object was written that is in each stage; 0 where there is none. */
export interface StageAges {
  /** Not packed. */
  readonly waiting: number;
  /** Packed, and not yet in the region. */
  readonly replicating: number;
  /** Refused by S3, and not yet sent again. */
  readonly failing: number;
  /** In the region, not restored. */
  readonly arrived: number;
  /** Kept until somebody sends them again. */
  readonly givenUp: number;
}

/** Metrics may be this late, so that what belongs together is looked for in windows that are longer by it. */
export const METRIC_DELAY_SECONDS = 300;

/**
 * How old what is under way may be, at most, stage by stage. A reading is as old as its period: what it counted has aged
 * since, if it is still there.
 *
 * SQS counts from when a message was sent, S3 from when an archive was accepted. What came before that, the source
 * function has told in its own metrics; of those, the worst of the time in question is added.
 */
export function stageAges(observation: RouteObservation): StageAges {
  const { now, queueAges, packingDelays, deferredAges, oldestArrived, oldestFailed } = observation;
  const replicating = ageNow(observation.replicationLatency, now);
  const failing = ageNow(observation.failureAge, now);
  return {
    waiting: Math.max(0, ...queueAges.map((readings) => waitingAge(ageNow(readings, now), deferredAges, now))),
    replicating: addWorst(replicating, packingDelays, now),
    failing: addWorst(failing, packingDelays, now),
    arrived: secondsSince(oldestArrived, now),
    givenUp: secondsSince(oldestFailed, now),
  };
}

/** The watermark's age: that of the oldest object that is not restored. */
export function oldestAge(stages: StageAges): number {
  return Math.max(stages.waiting, stages.replicating, stages.failing, stages.arrived, stages.givenUp);
}

/** The newest reading, grown by the time since; 0 stays 0, for there is nothing that could have aged. */
export function ageNow([newest]: readonly Reading[], now: number): number {
  return newest === undefined || newest.value <= 0 ? 0 : newest.value + secondsSince(newest.time, now);
}

/** A message that was sent again is as old for SQS as that is ago, and its object older by what it had waited before. */
function waitingAge(queueAge: number, deferredAges: readonly Reading[], now: number): number {
  const atMost = queueAge + METRIC_DELAY_SECONDS;
  const deferred = deferredAges
    .map(({ time, value }) => ({ ago: secondsSince(time, now), value }))
    .filter(({ ago }) => ago <= atMost);
  return queueAge === 0 ? 0 : Math.max(queueAge, ...deferred.map(({ ago, value }) => ago + value));
}

function addWorst(age: number, delays: readonly Reading[], now: number): number {
  const recent = delays.filter(({ time }) => secondsSince(time, now) <= age + METRIC_DELAY_SECONDS);
  return age === 0 ? 0 : age + Math.max(0, ...recent.map(({ value }) => value));
}

function secondsSince(time: number | undefined, now: number): number {
  return time === undefined ? 0 : Math.max(0, now - time) / 1000;
}
