/**
 * What comes first: the outcome of the work, or the abort. For calls that take no signal: they are left running.
 * @throws what the work throws, or the reason of the signal
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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

/** Aborts some milliseconds after another signal does, for what has to be finished after Ctrl-C but must not wait forever. */
export function signalAfter(signal: AbortSignal, milliseconds: number): AbortSignal {
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
