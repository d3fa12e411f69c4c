import { describe, expect, test } from '@jest/globals';
import { type Admission, decideAdmission, type RunLimits, type Work } from '../../../src/limits/decide-admission.ts';
import { RestoringSpeed } from '../../../src/limits/restoring-speed.ts';

const LIMITS: RunLimits = { objectBytes: 100, totalBytes: 1000, wholeRun: 800, secondsLeft: 300, restoreRun: 860 };
const WORK: Work = { bytes: 500, largest: 50, seconds: 200, restoreSeconds: 10, isDivisible: true };

/** The rows of the table in decide-admission.ts, and values around their limits. */
const ROWS: readonly (readonly [what: string, work: Partial<Work>, admission: Admission])[] = [
  ['a largest object over the limit, indivisible', { largest: 101, isDivisible: false }, 'fallback'],
  ['a largest object over the limit, among others', { largest: 101 }, 'halves'],
  ['more bytes than fit into a run, indivisible', { bytes: 1001, isDivisible: false }, 'fallback'],
  ['more bytes than fit into a run, divisible', { bytes: 1001 }, 'halves'],
  ['more seconds than any run has, indivisible', { seconds: 801, isDivisible: false }, 'fallback'],
  ['more seconds than any run has, divisible', { seconds: 801 }, 'halves'],
  ['more than the target can restore in a run, divisible', { restoreSeconds: 861 }, 'halves'],
  ['more than the target can restore in a run, indivisible', { restoreSeconds: 861, isDivisible: false }, 'here'],
  ['more seconds than this run has left, indivisible', { seconds: 301, isDivisible: false }, 'again'],
  ['more seconds than this run has left, divisible', { seconds: 301 }, 'again'],
  ['everything exactly at its limit', { largest: 100, bytes: 1000, seconds: 300, restoreSeconds: 860 }, 'here'],
  ['little work', {}, 'here'],
  ['two limits exceeded, of which the first decides', { largest: 101, seconds: 301, isDivisible: false }, 'fallback'],
];

describe('work with', () => {
  test.each(ROWS)('%s', (_, work, admission) => {
    expect(decideAdmission({ ...WORK, ...work }, LIMITS)).toBe(admission);
  });
});

test('a task without limits does all work here', () => {
  const none = Number.POSITIVE_INFINITY;
  const limits = { objectBytes: none, totalBytes: none, wholeRun: none, secondsLeft: none };
  expect(decideAdmission({ bytes: 50e12, largest: 50e12, seconds: 1e6, isDivisible: false }, limits)).toBe('here');
});

describe('the predicted restore time', () => {
  const work = { archiveBytes: 1e9, bytes: 4e9, objects: 10, destinations: 1 };

  test('grows with bytes, objects and destinations', () => {
    const speed = new RestoringSpeed(2);
    const seconds = speed.predict(work);
    expect(speed.predict({ ...work, bytes: 8e9 })).toBeGreaterThan(1.5 * seconds);
    expect(speed.predict({ ...work, destinations: 3 })).toBeGreaterThan(2 * seconds);
    expect(speed.predict({ ...work, objects: 1e6 })).toBeGreaterThan(1000);
  });

  test('follows the times of earlier archives in this process, and stays above them', () => {
    const speed = new RestoringSpeed(2);
    for (let archive = 0; archive < 10; archive += 1) speed.learn(work, 30);
    expect(speed.predict(work)).toBeGreaterThan(30);
    expect(speed.predict(work)).toBeLessThan(60);
    expect(speed.predict({ ...work, archiveBytes: 2e9, bytes: 8e9 })).toBeGreaterThan(60);
  });

  test('learns nothing from an archive that is too small', () => {
    const speed = new RestoringSpeed(2);
    const before = speed.predict(work);
    speed.learn({ archiveBytes: 1000, bytes: 1000, objects: 1, destinations: 1 }, 60);
    expect(speed.predict(work)).toBe(before);
  });
});
