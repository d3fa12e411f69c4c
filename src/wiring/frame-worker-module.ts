/** The worker thread's module: next to the bundle that it belongs to, or among the sources. */
export function frameWorkerModule(): URL {
  const isBundled = !import.meta.url.endsWith('.ts');
  return new URL(isBundled ? './frame-worker.mjs' : '../compression/frame-worker.ts', import.meta.url);
}
