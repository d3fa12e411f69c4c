import { describe, expect, test } from '@jest/globals';
import { chooseTimeouts } from '../../../../src/cli/demo/pipeline/timeouts.ts';

describe('choosePatience', () => {
  test('hides messages as long as a function may run when nothing is made to fail, as AWS demands', () => {
    const { visibilitySeconds, functionTimeoutSeconds } = chooseTimeouts(1e9, 0);
    expect(visibilitySeconds).toBeGreaterThanOrEqual(functionTimeoutSeconds);
  });

  test('brings messages of killed workers back early when faults are asked for, later for more bytes', () => {
    expect(chooseTimeouts(0, 0.05).visibilitySeconds).toBe(10);
    expect(chooseTimeouts(400e6, 0.05).visibilitySeconds).toBe(110);
  });

  test('leaves the target more time than the 30 s that it wants to have before it begins', () => {
    expect(chooseTimeouts(0, 0.5).functionTimeoutSeconds).toBeGreaterThan(60);
  });

  test.each([
    [0.01, 5],
    [0.05, 5],
    [0.25, 5],
    [0.3, 6],
    [0.5, 10],
  ])('tries calls of which %d fail as often as it takes for one in a thousand to fail for good', (rate, attempts) => {
    expect(chooseTimeouts(0, rate).attempts).toBe(attempts);
  });
});
