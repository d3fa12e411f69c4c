import type { Reading } from './reading.ts';

/** Observations of one route. Times in milliseconds since 1970, values in seconds, the newest first. */
export interface RouteObservation {
  readonly now: number;
  /** Age of the oldest message, of each queue that holds objects of the rule before they are packed. */
  readonly queueAges: readonly (readonly Reading[])[];
  /** How far S3's replication is behind. */
  readonly replicationLatency: readonly Reading[];
  /** Age of the oldest message in the queue of failed replications, which all rules share. */
  readonly failureAge: readonly Reading[];
  /** Age of the oldest object when S3 accepted its archive. */
  readonly packingDelays: readonly Reading[];
  /** Age of the oldest object when its message was requeued. */
  readonly deferredAges: readonly Reading[];
  /** Age of the oldest object when it was sent to the fallback, and while a task works on it. */
  readonly fallbackAges: readonly Reading[];
  /** Age of the oldest object when its message returned to a queue after two receives or more. */
  readonly retriedAges: readonly Reading[];
  /** Archives that S3 has to replicate, or has replicated within about a day: those with the oldest objects. */
  readonly outbound: readonly ArchiveTimes[];
  /** Their replication status. */
  readonly unreplicated: Unreplicated;
  /** Event time of the oldest object in an archive that has arrived in the region and is not restored yet. */
  readonly oldestArrived: number | undefined;
  /** The same in archives that were given up. */
  readonly oldestFailed: number | undefined;
}

/** When the oldest object in each kind of archive was written; milliseconds since 1970. */
export interface Unreplicated {
  /** Archives that S3 is replicating. */
  readonly oldestPending: number | undefined;
  /**
   * Archives that S3 refused or does not replicate. If some are known to exist, this includes archives that were not
   * asked about.
   */
  readonly oldestStuck: number | undefined;
}

/** Times in milliseconds since 1970. */
export interface ArchiveTimes {
  /** When its oldest object was written. */
  readonly written: number;
  /** When it was last put: an archive that is resent is put again. For an upload in parts: when that began. */
  readonly put: number;
}

/** Seconds since the oldest object in each stage was written; 0 if there is none. */
export interface StageAges {
  /** Not packed. */
  readonly waiting: number;
  /** Packed, and not yet in the region. */
  readonly replicating: number;
  /** Refused by S3 and not yet resent, or not replicated at all. */
  readonly failing: number;
  /** In the region, not restored. */
  readonly arrived: number;
  /** Kept until an operator resends them. */
  readonly givenUp: number;
}

/** Metrics may be this late, so related readings are looked for in windows that are this much longer. */
export const METRIC_DELAY_SECONDS = 300;

/** The period of our own metrics: a value may have been reported up to this long after the time of its reading. */
export const OWN_PERIOD_SECONDS = 60;

/**
 * How long each of the following counts regardless of AWS's metrics, which may not include it yet.
 *
 * | what                             | seconds | because                                                                    |
 * |----------------------------------|---------|----------------------------------------------------------------------------|
 * | packed                           |     600 | S3's replication metrics come some minutes after the archive               |
 * | sent to the fallback, in progress    |     900 | that queue is not polled while no task runs: SQS is up to 15 min late   |
 * | returned after two receives      |   1,800 | a back-off of 15 min and an invocation of 15 min, in which SQS leaves it out       |
 *
 * For the last two, the delay of our own metrics is added.
 */
const REPLICATION_UNSEEN_SECONDS = 600;
const FALLBACK_UNSEEN_SECONDS = 900 + METRIC_DELAY_SECONDS;
const RETRIED_UNSEEN_SECONDS = 1800 + METRIC_DELAY_SECONDS;

/** The longest of these times. */
export const UNSEEN_SECONDS = RETRIED_UNSEEN_SECONDS + OWN_PERIOD_SECONDS;

/**
 * The maximum age of objects under way, stage by stage. A reading is as old as its period: the objects that it counted
 * have aged since, if they are still there.
 *
 * SQS measures from the sending of a message, S3 from the acceptance of an archive. The source function reports the
 * time before that in its own metrics, whose largest value in the period in question is added. Objects that AWS may not
 * have seen yet, or leaves out, count by our metrics alone.
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
    // The queue's age starts at the failure, but S3 may have tried for hours before it; keys have the time of the
    // event.
    failing: Math.max(addWorst(failing, packingDelays, now), secondsSince(observation.unreplicated.oldestStuck, now)),
    arrived: secondsSince(observation.oldestArrived, now),
    givenUp: secondsSince(observation.oldestFailed, now),
  };
}

/** The watermark's age: that of the oldest object that is not restored. */
export function oldestAge(stages: StageAges): number {
  return Math.max(stages.waiting, stages.replicating, stages.failing, stages.arrived, stages.givenUp);
}

/** The newest reading plus the time since; 0 remains 0, since there is nothing that could have aged. */
export function ageNow([newest]: readonly Reading[], now: number): number {
  return newest === undefined || newest.value <= 0 ? 0 : newest.value + secondsSince(newest.time, now);
}

/**
 * To SQS, the age of a requeued message starts at its requeueing; its object is older by the time that it had waited
 * before.
 */
function waitingAge(queueAge: number, deferredAges: readonly Reading[], now: number): number {
  if (queueAge === 0) return 0;
  return Math.max(queueAge, toldWithin(queueAge + METRIC_DELAY_SECONDS, deferredAges, now));
}

/** The largest age reported in the last seconds, plus the time since; 0 if there was none. */
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
function oldestPut(seconds: number, archives: readonly ArchiveTimes[], now: number): number {
  const recent = archives.filter(({ put }) => secondsSince(put, now) <= seconds);
  return Math.max(0, ...recent.map(({ written }) => secondsSince(written, now)));
}

function secondsSince(time: number | undefined, now: number): number {
  return time === undefined ? 0 : Math.max(0, now - time) / 1000;
}
