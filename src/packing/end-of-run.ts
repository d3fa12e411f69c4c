/**
 * Aborts when an invocation's time is over, or the process is about to end.
 * @param secondsLeft of the invocation
 */
export function endOfRun(secondsLeft: number, stop: AbortSignal | undefined): AbortSignal {
  const endings = stop === undefined ? [] : [stop];
  const milliseconds = Math.floor(1000 * secondsLeft);
  if (milliseconds <= 0) endings.push(AbortSignal.abort());
  // A fallback task has all the time there is, and a timer takes that for no time at all.
  else if (Number.isFinite(milliseconds)) endings.push(AbortSignal.timeout(milliseconds));
  return AbortSignal.any(endings);
}
