/** The callbacks to run when a signal aborts; a signal without callbacks has no entry. */
const awaited = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Runs a callback when a signal aborts. Node walks the list of an event's listeners whenever one is added or removed,
 * and hundreds of calls may be in flight under one signal. So they share one listener, which is removed with the last
 * of them.
 * @returns a function that removes the callback
 */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  const acts = awaited.get(signal) ?? listen(signal);
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size > 0 || awaited.get(signal) !== acts) return;
    awaited.delete(signal);
    signal.removeEventListener('abort', actAll);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  awaited.set(signal, acts);
  signal.addEventListener('abort', actAll, { once: true });
  return acts;
}

function actAll(this: AbortSignal): void {
  const acts = awaited.get(this) ?? [];
  awaited.delete(this);
  for (const act of [...acts]) act();
}
