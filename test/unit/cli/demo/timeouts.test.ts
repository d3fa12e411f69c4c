import { describe, expect, test } from '@jest/globals';
import { chooseTimeouts } from '../../../../src/cli/demo/pipeline/timeouts.ts';

describe('chooseTimeouts', () => {
  test('hides messages as long as a function may run if no faults are injected, as AWS requires', () => {
    const { visibilitySeconds, functionTimeoutSeconds } = chooseTimeouts(1e9, 0);
    expect(visibilitySeconds).toBeGreaterThanOrEqual(functionTimeoutSeconds);
  });

  test('returns messages of killed workers early if faults are injected, later for more bytes', () => {
    expect(chooseTimeouts(0, 0.05).visibilitySeconds).toBe(10);
    expect(chooseTimeouts(400e6, 0.05).visibilitySeconds).toBe(110);
  });

  test('leaves the target more time than the 30 s that it needs before it begins', () => {
    expect(chooseTimeouts(0, 0.5).functionTimeoutSeconds).toBeGreaterThan(60);
  });

  test.each([
    [0.01, 5],
    [0.05, 5],
    [0.25, 5],
    [0.3, 6],
    [0.5, 10],
  ])('makes enough attempts at a failure rate of %d that only one call in a thousand fails', (rate, attempts) => {
    expect(chooseTimeouts(0, rate).attempts).toBe(attempts);
  });
});
