/**
 * Entry of the Fargate task: does what the functions cannot, until ECS ends it or nothing is left. SIGTERM comes two
 * minutes before SIGKILL (a Spot reclaim, a scale-in, a deployment): what is in progress is requeued at once.
 */
const ended = new AbortController();
const end = (): void => {
  ended.abort();
};
process.on('SIGTERM', end).on('SIGINT', end);
// Imported only now, since the import takes a while. A container's first process receives only signals that it listens
// to; without a listener, it would start work that ECS soon kills.
const { runFallbackWorker } = await import('../wiring/worker.ts');
await runFallbackWorker(process.env, ended.signal);
// Idle connections to S3 would keep the process alive for some seconds, although nothing is left to send.
process.exit(0);
