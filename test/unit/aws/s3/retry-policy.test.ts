import { expect, it } from '@jest/globals';
import { RetryPolicy } from '../../../../src/aws/s3/retry-policy.ts';

it('waits a random share of a time that doubles, longer when throttled, and at most 20 seconds', async () => {
  const delays: number[] = [];
  const sleep = (milliseconds: number): Promise<void> => {
    delays.push(milliseconds);
    return Promise.resolve();
  };
  const policy = new RetryPolicy({ sleep, random: () => 0.5 });
  for (const attempt of [1, 2, 3]) await policy.wait(attempt, 'transient');
  for (const attempt of [1, 2, 12]) await policy.wait(attempt, 'throttled');
  expect(delays).toEqual([50, 100, 200, 250, 500, 10_000]);
});

it('ends a wait with the reason of the signal', async () => {
  const reason = new Error('enough');
  const policy = new RetryPolicy({ random: () => 0.999 });
  const controller = new AbortController();
  const waiting = policy.wait(10, 'throttled', controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

it('allows the configured number of attempts, and three times as many for a throttled call', () => {
  const policy = new RetryPolicy({ attempts: 3 });
  expect([1, 2, 3].map((attempt) => policy.spend(attempt, 'transient'))).toEqual([true, true, false]);
  expect([3, 8, 9].map((attempt) => policy.spend(attempt, 'throttled'))).toEqual([true, true, false]);
});

it('stops retrying when its budget is spent, until calls succeed again', () => {
  const policy = new RetryPolicy({ budget: 2 });
  expect([policy.spend(1, 'transient'), policy.spend(1, 'transient'), policy.spend(1, 'transient')]).toEqual([
    true,
    true,
    false,
  ]);
  policy.earn();
  expect([policy.spend(1, 'transient'), policy.spend(1, 'transient')]).toEqual([true, false]);
});
