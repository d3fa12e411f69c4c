import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { AdaptiveConcurrency } from '../../../../src/aws/s3/adaptive-concurrency.ts';

/** A limit on a clock of the test, with as many calls in flight as it allows. */
function busy(most: number): { concurrency: AdaptiveConcurrency; clock: { now: number } } {
  const clock = { now: 0 };
  const concurrency = new AdaptiveConcurrency({ most, now: () => clock.now });
  while (concurrency.tryBegin());
  return { concurrency, clock };
}

/** One call ends and another takes its place. */
function turn(concurrency: AdaptiveConcurrency, outcome: 'served' | 'failed'): void {
  concurrency.end(outcome);
  concurrency.tryBegin();
}

describe('concurrent calls to a bucket', () => {
  test('are as many as there are connections while nothing is throttled', () => {
    const { concurrency } = busy(8);
    for (let call = 0; call < 100; call += 1) turn(concurrency, 'served');
    expect(concurrency.limit).toBe(8);
    expect(concurrency.tryBegin()).toBe(false);
  });

  test('are halved when S3 throttles, once per second however many responses report it', () => {
    const { concurrency, clock } = busy(100);
    for (let call = 0; call < 20; call += 1) concurrency.noteThrottling();
    expect(concurrency.limit).toBe(50);
    clock.now += 1_000;
    concurrency.noteThrottling();
    expect(concurrency.limit).toBe(25);
  });

  test('never drop to zero', () => {
    const { concurrency, clock } = busy(4);
    for (let second = 0; second < 20; second += 1) {
      clock.now += 1_000;
      concurrency.noteThrottling();
    }
    expect(concurrency.limit).toBe(1);
  });

  test('grow by one after as many successes as there are calls', () => {
    const { concurrency } = busy(100);
    concurrency.noteThrottling();
    // Calls above the new limit end without successors.
    for (let call = 0; call < 50; call += 1) turn(concurrency, 'failed');
    expect(concurrency.limit).toBe(50);
    for (let call = 0; call < 51; call += 1) turn(concurrency, 'served');
    expect(concurrency.limit).toBe(51);
  });

  test('are reduced from the number in flight, not from a limit that was never reached', () => {
    const concurrency = new AdaptiveConcurrency({ most: 100, now: () => 0 });
    for (let call = 0; call < 10; call += 1) concurrency.tryBegin();
    concurrency.noteThrottling();
    expect(concurrency.limit).toBe(5);
  });

  test('do not change with failures that say nothing about the load', () => {
    const { concurrency } = busy(10);
    for (let call = 0; call < 50; call += 1) turn(concurrency, 'failed');
    expect(concurrency.limit).toBe(10);
  });

  test('begin in the order of their requests', async () => {
    const { concurrency } = busy(1);
    const order: number[] = [];
    const all = [1, 2, 3].map(async (number) => {
      await concurrency.begin();
      order.push(number);
      concurrency.end('served');
    });
    await nextTurn();
    expect(order).toEqual([]);
    concurrency.end('served');
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3]);
  });

  test('stop waiting when the caller gives up', async () => {
    const { concurrency } = busy(1);
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = concurrency.begin(controller.signal);
    const next = concurrency.begin();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    concurrency.end('served');
    await next;
    expect(concurrency.tryBegin()).toBe(false);
  });
});
