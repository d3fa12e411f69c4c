/** Where the worker thread's module is: beside the bundle it is part of, or among the sources. */
export function frameWorkerModule(): URL {
  const bundled = !import.meta.url.endsWith('.ts');
  return new URL(bundled ? './frame-worker.mjs' : '../compression/frame-worker.ts', import.meta.url);
}
