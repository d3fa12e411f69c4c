/** Reserved from an invocation's time for settling its messages. */
const SETTLING_MILLISECONDS = 10_000;

/** The time that one invocation has for packing. */
export interface RunClock {
  /** Seconds that an invocation has from its beginning. */
  readonly wholeRun: number;
  readonly secondsLeft: () => number;
}

/** @param remainingMilliseconds what is left of this invocation */
export function startRunClock(remainingMilliseconds: () => number): RunClock {
  const secondsLeft = (): number => (remainingMilliseconds() - SETTLING_MILLISECONDS) / 1000;
  return { wholeRun: secondsLeft(), secondsLeft };
}
