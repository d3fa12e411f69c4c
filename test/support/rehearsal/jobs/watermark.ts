import type { Job } from '../job.ts';

/** A schedule invokes it; it writes its metrics to its log, and throws if it cannot read something. */
export async function run({ host }: Job): Promise<void> {
  // A new process asks S3 about all archives; later it asks only about those that are ten minutes old.
  await host.stop();
  await host.invoke({});
}
