import { describe, expect, test } from '@jest/globals';
import { oldestAge, type RouteObservation, stageAges } from '../../../src/watermark/stage-ages.ts';

const NOW = Date.parse('2026-11-23T19:15:00Z');
const secondsAgo = (seconds: number): number => NOW - seconds * 1000;
const reading = (ago: number, value: number) => ({ time: secondsAgo(ago), value });

const NOTHING: RouteObservation = {
  now: NOW,
  queueAges: [[], []],
  replicationLatency: [],
  failureAge: [],
  packingDelays: [],
  deferredAges: [],
  fallbackAges: [],
  retriedAges: [],
  outbound: [],
  unreplicated: { oldestPending: undefined, oldestStuck: undefined },
  oldestArrived: undefined,
  oldestFailed: undefined,
};

function ageOf(observation: Partial<RouteObservation>): number {
  return oldestAge(stageAges({ ...NOTHING, ...observation }));
}

describe('the age of the watermark', () => {
  test('is 0 when nothing is under way', () => {
    expect(ageOf({})).toBe(0);
    expect(ageOf({ queueAges: [[reading(60, 0)]], replicationLatency: [reading(60, 0)] })).toBe(0);
  });

  test('is that of the oldest message, plus the time since it was counted', () => {
    expect(ageOf({ queueAges: [[reading(60, 30), reading(120, 500)]] })).toBe(90);
  });

  test('is that of the older of two queues', () => {
    expect(ageOf({ queueAges: [[reading(60, 30)], [reading(60, 300)]] })).toBe(360);
  });

  test('counts how long an object had waited before its message was requeued', () => {
    // Requeued 100 s ago, 400 s after it was written.
    expect(ageOf({ queueAges: [[reading(0, 100)]], deferredAges: [reading(100, 400)] })).toBe(500);
  });

  test('forgets what was requeued longer ago than anything has waited', () => {
    expect(ageOf({ queueAges: [[reading(0, 100)]], deferredAges: [reading(461, 3000)] })).toBe(100);
    expect(ageOf({ queueAges: [[reading(0, 0)]], deferredAges: [reading(10, 3000)] })).toBe(0);
  });

  test('adds the longest packing time of the period to the delay of S3', () => {
    const packingDelays = [reading(30, 20), reading(200, 90), reading(2000, 7000)];
    expect(ageOf({ replicationLatency: [reading(60, 140)], packingDelays })).toBe(60 + 140 + 90);
  });

  test('counts what was packed in the last ten minutes even if S3 has no delay', () => {
    // Three hours in the fallback; S3's metrics do not include the archive yet.
    const packed = {
      replicationLatency: [reading(60, 0)],
      packingDelays: [reading(120, 10_800), reading(700, 20_000)],
    };
    expect(ageOf(packed)).toBe(10_920);
    expect(ageOf({ packingDelays: [reading(600, 10_800)] })).toBe(11_400);
    expect(ageOf({ packingDelays: [reading(661, 10_800)] })).toBe(0);
  });

  test('counts what went to the fallback for as long as its queue may not show it', () => {
    expect(ageOf({ queueAges: [[reading(60, 0)], []], fallbackAges: [reading(900, 50)] })).toBe(950);
    expect(ageOf({ queueAges: [[], []], fallbackAges: [reading(1261, 50)] })).toBe(0);
  });

  test('counts the work of a task by its heartbeats, however often the message was received', () => {
    // SQS leaves the message out: the queue looks empty.
    const fallbackAges = [reading(90, 7200), reading(190, 7100)];
    expect(ageOf({ queueAges: [[reading(60, 0)], [reading(60, 0)]], fallbackAges })).toBe(7290);
  });

  test('counts failed work through its back-off and next run', () => {
    expect(ageOf({ queueAges: [[reading(60, 0)]], retriedAges: [reading(1800, 4000)] })).toBe(5800);
    expect(ageOf({ queueAges: [[reading(60, 0)]], retriedAges: [reading(2161, 4000)] })).toBe(0);
    // The rest of the queue is younger and no longer hides it.
    expect(ageOf({ queueAges: [[reading(60, 30)]], retriedAges: [reading(100, 4000)] })).toBe(4100);
  });

  test('includes the age of archives that were resent', () => {
    const outbound = [
      { written: secondsAgo(200_000), put: secondsAgo(7000) },
      { written: secondsAgo(90_000), put: secondsAgo(800) },
      { written: secondsAgo(700), put: secondsAgo(20) },
    ];
    expect(ageOf({ outbound })).toBe(700);
    // If S3 is further behind, or has refused something since, it may be these.
    expect(ageOf({ outbound, replicationLatency: [reading(0, 300)] })).toBe(90_000);
    expect(ageOf({ outbound, failureAge: [reading(0, 300)] })).toBe(90_000);
    expect(ageOf({ outbound, failureAge: [reading(0, 6400)] })).toBe(200_000);
  });

  test('counts archives that S3 refused until they are resent', () => {
    expect(ageOf({ failureAge: [reading(0, 600)], packingDelays: [reading(600, 30)] })).toBe(630);
  });

  test('takes the age of a failed archive from its key, since its event does not include the hours in which S3 tried', () => {
    const unreplicated = { oldestPending: undefined, oldestStuck: secondsAgo(11_005) };
    expect(ageOf({ failureAge: [reading(0, 180)], unreplicated })).toBe(11_005);
    expect(stageAges({ ...NOTHING, unreplicated }).failing).toBe(11_005);
  });

  test('takes the age of what S3 is replicating from its key, whatever the metrics say', () => {
    const unreplicated = { oldestPending: secondsAgo(7000), oldestStuck: undefined };
    expect(stageAges({ ...NOTHING, replicationLatency: [reading(0, 5)], unreplicated }).replicating).toBe(7000);
  });

  test('is that of the oldest object in an archive that arrived and is not restored, or that was given up', () => {
    expect(ageOf({ oldestArrived: secondsAgo(70) })).toBe(70);
    expect(ageOf({ oldestArrived: secondsAgo(70), oldestFailed: secondsAgo(90_000) })).toBe(90_000);
  });

  test('is never negative, whatever the clocks say', () => {
    expect(ageOf({ oldestArrived: secondsAgo(-5), queueAges: [[reading(-3, 0)]] })).toBe(0);
  });

  test('names the stage that holds it up', () => {
    const stages = stageAges({
      ...NOTHING,
      queueAges: [[reading(0, 10)]],
      replicationLatency: [reading(0, 20)],
      failureAge: [reading(0, 30)],
      oldestArrived: secondsAgo(40),
      oldestFailed: secondsAgo(50),
    });
    expect(stages).toEqual({ waiting: 10, replicating: 20, failing: 30, arrived: 40, givenUp: 50 });
  });
});
