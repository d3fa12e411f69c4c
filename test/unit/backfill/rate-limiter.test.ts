import { expect, test } from '@jest/globals';
import { RateLimiter } from '../../../src/backfill/rate-limiter.ts';
import { SkippingClock } from '../../support/backfill.ts';

const { signal } = new AbortController();

test('admits at most the rate, after the first chunk', async () => {
  const clock = new SkippingClock();
  const begun = clock.now();
  const pace = new RateLimiter({ rate: 50 }, clock);
  expect(pace.chunk).toBe(50);
  for (let chunk = 0; chunk < 21; chunk += 1) await pace.admit(50, 0, signal);
  expect(clock.now() - begun).toBe(20_000);
});

test('admits at most the limit of bytes per hour', async () => {
  const clock = new SkippingClock();
  const begun = clock.now();
  const pace = new RateLimiter({ bytesPerHour: 1e9 }, clock);
  for (let chunk = 0; chunk < 5; chunk += 1) await pace.admit(pace.chunk, 0.5e9, signal);
  expect(clock.now() - begun).toBe(2 * 3_600_000);
});

test('splits a wait of months into parts that a timer accepts', async () => {
  const clock = new SkippingClock();
  const begun = clock.now();
  const pace = new RateLimiter({ bytesPerHour: 1e9 }, clock);
  for (let chunk = 0; chunk < 2; chunk += 1) await pace.admit(10, 1450e9, signal);
  expect(clock.now() - begun).toBe(1450 * 3_600_000);
  expect(Math.max(...clock.sleeps)).toBeLessThan(2 ** 31);
});

test('applies the slower of the two limits', async () => {
  const clock = new SkippingClock();
  const begun = clock.now();
  const pace = new RateLimiter({ rate: 10, bytesPerHour: 3600e3 }, clock);
  for (let chunk = 0; chunk < 3; chunk += 1) await pace.admit(10, 5000, signal);
  expect(clock.now() - begun).toBe(10_000);
});

test('does not make up for idle time', async () => {
  const clock = new SkippingClock();
  const pace = new RateLimiter({ rate: 10 }, clock);
  await pace.admit(10, 0, signal);
  clock.advance(60_000);
  await pace.admit(10, 0, signal);
  await pace.admit(10, 0, signal);
  expect(clock.sleeps).toEqual([1000]);
});

test('never waits without limits, and ends with the signal', async () => {
  const clock = new SkippingClock();
  const pace = new RateLimiter({}, clock);
  await pace.admit(1000, 1e12, signal);
  expect([pace.chunk, clock.sleeps]).toEqual([1000, []]);
  const slow = new RateLimiter({ rate: 1 }, clock);
  await slow.admit(10, 0, signal);
  await expect(slow.admit(10, 0, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
