import type { Reading } from './reading.ts';

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
  /** Age of the oldest object when its message was requeued. */
  readonly deferredAges: readonly Reading[];
  /** Age of the oldest object when it was sent to the fallback, and while a task works on it. */
  readonly fallbackAges: readonly Reading[];
  /** Age of the oldest object when its message went back to a queue, having been received twice or more. */
  readonly retriedAges: readonly Reading[];
  /** Of archives that S3 has to replicate, or has replicated within a day or so: those with the oldest objects. */
  readonly outbound: readonly PutArchive[];
  /** What S3 says of their replication. */
  readonly unreplicated: Unreplicated;
  /** Event time of the oldest object in an archive that arrived in the region and is not restored. */
  readonly oldestArrived: number | undefined;
  /** The same in archives that were given up. */
  readonly oldestFailed: number | undefined;
}

/** When the oldest object was written in an archive of a kind; milliseconds since 1970. */
export interface Unreplicated {
  /** Of archives that S3 has at work. */
  readonly oldestPending: number | undefined;
  /** Of archives that S3 refused or does not replicate; where some are known to exist, of those that could not be asked for, too. */
  readonly oldestStuck: number | undefined;
}

/** Times in milliseconds since 1970. */
export interface PutArchive {
  /** When its oldest object was written. */
  readonly written: number;
  /** When it was put, the last time: an archive that is resent is put again. In parts: when that began. */
  readonly put: number;
}

/** Seconds since the oldest object was written that is in each stage; 0 where there is none. */
export interface StageAges {
  /** Not packed. */
  readonly waiting: number;
  /** Packed, and not yet in the region. */
  readonly replicating: number;
  /** Refused by S3 and not yet put again, or not replicated at all. */
  readonly failing: number;
  /** In the region, not restored. */
  readonly arrived: number;
  /** Kept until an operator resends them. */
  readonly givenUp: number;
}

/** Metrics may be this late, so that what belongs together is looked for in windows that are longer by it. */
export const METRIC_DELAY_SECONDS = 300;

/** Periods of our own metrics: something may have been told as long as that after the time of its reading. */
export const OWN_PERIOD_SECONDS = 60;

/**
 * For so long the following counts whatever AWS's metrics say, since they may not know of it.
 *
 * | what                             | seconds | because                                                                    |
 * |----------------------------------|---------|----------------------------------------------------------------------------|
 * | packed                           |     600 | S3's replication metrics come some minutes after the archive               |
 * | sent to the fallback, in progress    |     900 | nobody polls that queue while there is no task: SQS is up to 15 min late   |
 * | gone back after two receives     |   1,800 | a back-off of 15 min and an invocation of 15 min, in which SQS leaves it out       |
 *
 * The last two wait for metrics of ours as well.
 */
const REPLICATION_UNSEEN_SECONDS = 600;
const FALLBACK_UNSEEN_SECONDS = 900 + METRIC_DELAY_SECONDS;
const RETRIED_UNSEEN_SECONDS = 1800 + METRIC_DELAY_SECONDS;

/** The longest of them. */
export const UNSEEN_SECONDS = RETRIED_UNSEEN_SECONDS + OWN_PERIOD_SECONDS;

/**
 * How old what is under way may be, at most, stage by stage. A reading is as old as its period: what it counted has aged
 * since, if it is still there.
 *
 * SQS counts from when a message was sent, S3 from when an archive was accepted. What came before that, the source
 * function has told in its own metrics; of those, the worst of the time in question is added. What AWS may not have seen yet, or
 * leaves out, counts from our metrics alone.
 */
export function stageAges(observation: RouteObservation): StageAges {
  const { now, queueAges, packingDelays, deferredAges, fallbackAges, retriedAges } = observation;
  const replicating = ageNow(observation.replicationLatency, now);
  const failing = ageNow(observation.failureAge, now);
  return {
    waiting: Math.max(
      ...queueAges.map((readings) => waitingAge(ageNow(readings, now), deferredAges, now)),
      toldWithin(FALLBACK_UNSEEN_SECONDS, fallbackAges, now),
      toldWithin(RETRIED_UNSEEN_SECONDS, retriedAges, now),
    ),
    replicating: Math.max(
      addWorst(replicating, packingDelays, now),
      toldWithin(REPLICATION_UNSEEN_SECONDS, packingDelays, now),
      oldestPut(Math.max(replicating, failing) + REPLICATION_UNSEEN_SECONDS, observation.outbound, now),
      secondsSince(observation.unreplicated.oldestPending, now),
    ),
    // The queue counts from the failure, and S3 may have tried for hours before it: keys know better.
    failing: Math.max(addWorst(failing, packingDelays, now), secondsSince(observation.unreplicated.oldestStuck, now)),
    arrived: secondsSince(observation.oldestArrived, now),
    givenUp: secondsSince(observation.oldestFailed, now),
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

/** To SQS a requeued message is as old as its requeueing; its object is older by what it had waited before. */
function waitingAge(queueAge: number, deferredAges: readonly Reading[], now: number): number {
  if (queueAge === 0) return 0;
  return Math.max(queueAge, toldWithin(queueAge + METRIC_DELAY_SECONDS, deferredAges, now));
}

/** The oldest that was told of in the last seconds, grown by the time since; 0 when nothing was. */
function toldWithin(seconds: number, ages: readonly Reading[], now: number): number {
  const recent = ages
    .map(({ time, value }) => ({ ago: secondsSince(time, now), value }))
    .filter(({ ago }) => ago <= seconds + OWN_PERIOD_SECONDS);
  return Math.max(0, ...recent.map(({ ago, value }) => ago + value));
}

function addWorst(age: number, delays: readonly Reading[], now: number): number {
  const recent = delays.filter(({ time }) => secondsSince(time, now) <= age + METRIC_DELAY_SECONDS);
  return age === 0 ? 0 : age + Math.max(0, ...recent.map(({ value }) => value));
}

/** Age of the oldest object in archives that were put in the last seconds: S3 may not be done with them. */
function oldestPut(seconds: number, archives: readonly PutArchive[], now: number): number {
  const recent = archives.filter(({ put }) => secondsSince(put, now) <= seconds);
  return Math.max(0, ...recent.map(({ written }) => secondsSince(written, now)));
}

function secondsSince(time: number | undefined, now: number): number {
  return time === undefined ? 0 : Math.max(0, now - time) / 1000;
}
