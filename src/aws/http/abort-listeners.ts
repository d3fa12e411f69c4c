/** What is to be done when each signal aborts, while there is any. */
const awaited = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has something done when a signal aborts. Node walks the list of an event's listeners for each one that comes or goes, and
 * under one signal there are hundreds of calls in flight: they share one listener, which goes with the last of them.
 * @returns ends it; nothing happens from then on
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
