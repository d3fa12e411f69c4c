import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Deadline, startRunClock } from '../../../src/messages/deadline.ts';

const overdue = (): Error => new Error('the time is over');

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('Deadline', () => {
  test('aborts with its reason when the time is up', () => {
    const deadline = new Deadline(1000, overdue);
    jest.advanceTimersByTime(999);
    expect([deadline.signal.aborted, deadline.reason]).toEqual([false, undefined]);
    jest.advanceTimersByTime(1);
    expect([deadline.signal.aborted, deadline.reason?.message]).toEqual([true, 'the time is over']);
    expect(deadline.signal.reason).toBe(deadline.reason);
  });

  test('aborts at once if no time is left', () => {
    for (const milliseconds of [0, -5]) {
      const { signal, reason } = new Deadline(milliseconds, overdue);
      expect([signal.aborted, reason?.message]).toEqual([true, 'the time is over']);
    }
  });

  test('never aborts work without a time limit', () => {
    const deadline = new Deadline(Number.POSITIVE_INFINITY, overdue);
    expect(jest.getTimerCount()).toBe(0);
    expect(deadline.signal.aborted).toBe(false);
  });

  test('distinguishes being stopped from running out of time', () => {
    const stop = new AbortController();
    const deadline = new Deadline(1000, overdue, stop.signal);
    stop.abort();
    expect([deadline.signal.aborted, deadline.reason]).toEqual([true, undefined]);
  });

  test('leaves no timer running', () => {
    {
      using deadline = new Deadline(1000, overdue);
      expect(deadline.signal.aborted).toBe(false);
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  test('of a task with unlimited time is reached only through `stop`', () => {
    const stop = new AbortController();
    const { signal } = new Deadline(Number.POSITIVE_INFINITY, undefined, stop.signal);
    expect(signal.aborted).toBe(false);
    stop.abort();
    expect(signal.aborted).toBe(true);
  });

  test('has the reason of a timeout if it is given none', () => {
    expect(new Deadline(0).reason).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('startRunClock', () => {
  test('excludes the reserved time from the seconds of an invocation', () => {
    let remaining = 900_000;
    const clock = startRunClock(() => remaining, 10_000);
    remaining = 70_000;
    expect([clock.wholeRun, clock.secondsLeft()]).toEqual([890, 60]);
  });
});
