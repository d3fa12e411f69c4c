import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { endOfRun } from '../../../src/packing/end-of-run.ts';

test('an invocation without time left has already ended', () => {
  expect(endOfRun(0, undefined).aborted).toBe(true);
  expect(endOfRun(-1, undefined).aborted).toBe(true);
});

test('an invocation ends when its time is over', async () => {
  const signal = endOfRun(0.001, undefined);
  expect(signal.aborted).toBe(false);
  await once(signal, 'abort');
  expect(signal.aborted).toBe(true);
});

test('a task without a time limit ends only when it is stopped', () => {
  const stop = new AbortController();
  const signal = endOfRun(Number.POSITIVE_INFINITY, stop.signal);
  expect(signal.aborted).toBe(false);
  stop.abort();
  expect(signal.aborted).toBe(true);
});
