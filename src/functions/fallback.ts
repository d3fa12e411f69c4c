/**
 * Entry of the Fargate task: does what the functions cannot, until ECS ends it or nothing is left. SIGTERM comes two
 * minutes before SIGKILL (a Spot reclaim, a scale-in, a deployment): what is in progress is requeued at once.
 */
const ended = new AbortController();
const end = (): void => {
  ended.abort();
};
process.on('SIGTERM', end).on('SIGINT', end);
// Only now, since it takes a while: a container's first process gets no signal that it does not listen to, and would take work
// that ECS soon ends by SIGKILL.
const { runFallbackWorker } = await import('../wiring/worker.ts');
await runFallbackWorker(process.env, ended.signal);
// Idle connections to S3 would keep the process for some seconds more; there is nothing left that they could carry.
process.exit(0);
