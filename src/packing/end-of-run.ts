/**
 * Aborts when an invocation's time is over, or the process is about to end.
 * @param secondsLeft of the invocation
 */
export function endOfRun(secondsLeft: number, stop: AbortSignal | undefined): AbortSignal {
  const endings = stop === undefined ? [] : [stop];
  const milliseconds = Math.floor(1000 * secondsLeft);
  if (milliseconds <= 0) endings.push(AbortSignal.abort());
  // A fallback task has unlimited time, which a timer would treat as zero.
  else if (Number.isFinite(milliseconds)) endings.push(AbortSignal.timeout(milliseconds));
  return AbortSignal.any(endings);
}
