/**
 * Settles with the work or the abort, whichever comes first. For calls that accept no signal: they are left running.
 * @throws the error of the work, or the reason of the signal
 */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Aborts some milliseconds after another signal, for work that must be finished after Ctrl-C but must not wait forever.
 */
export function delayAbort(signal: AbortSignal, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const wait = (): void => {
    setTimeout(() => {
      controller.abort(signal.reason);
    }, milliseconds).unref();
  };
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return controller.signal;
}
