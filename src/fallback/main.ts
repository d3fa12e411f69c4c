import { fallbackWorker } from '../wiring/fallback.ts';

/**
 * Entry of the Fargate task: does what the functions cannot, until ECS ends it or nothing is left. SIGTERM comes two
 * minutes before SIGKILL (a Spot reclaim, a scale-in, a deployment): what is in work is given back at once.
 */
const worker = await fallbackWorker(process.env);
process.on('SIGTERM', worker.stop).on('SIGINT', worker.stop);
await worker.run();
// Idle connections to S3 would keep the process for some seconds more; there is nothing left that they could carry.
process.exit(0);
