/**
 * Entry of the Fargate task: does what the functions cannot, until ECS ends it or nothing is left. SIGTERM comes two
 * minutes before SIGKILL (a Spot reclaim, a scale-in, a deployment): what is in progress is requeued at once.
 */
const ended = new AbortController();
const end = (): void => {
  ended.abort();
};
process.on('SIGTERM', end).on('SIGINT', end);
// Imported only now, since it takes a while: a container's first process receives only signals that it listens to, and would
// otherwise start work that ECS soon kills.
const { runFallbackWorker } = await import('../wiring/worker.ts');
await runFallbackWorker(process.env, ended.signal);
// Idle connections to S3 would keep the process for some seconds more; nothing is left for them to carry.
process.exit(0);
