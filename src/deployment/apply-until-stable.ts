import { ContestedConfigurationError } from './errors.ts';
import { type RetryWindow, retryPatiently } from './retry-patiently.ts';

/** Writes after which another attempt begins, if there is time for one: another tool writes to the same bucket. */
const MAX_WRITES = 2;
/**
 * Milliseconds from a write to the next check. Another writer may restore what it read before our write; its read, and
 * S3's own test of all destinations before it accepts a configuration, take a second or two.
 */
const MIN_PAUSE = 3_000;
const MAX_PAUSE = 8_000;

/**
 * Reads, writes and reads again until there is nothing left to write. S3 has no conditional write for a bucket's
 * configuration, so only a later read detects that another writer has restored an older copy. The pauses are random,
 * since two stacks that are deployed in the same second would otherwise keep colliding.
 *
 * @param step one check; resolves to true when everything is as it should be, writes and resolves to false when not
 * @throws what the last step threw, or ContestedConfigurationError
 */
export async function applyUntilStable(
  bucket: string,
  step: () => Promise<boolean>,
  retryWindow: RetryWindow,
  signal: AbortSignal,
): Promise<void> {
  const settle = async (): Promise<void> => {
    for (let writes = 0; writes < MAX_WRITES; writes += 1) {
      if (await step()) return;
      await retryWindow.sleep(MIN_PAUSE + retryWindow.random() * (MAX_PAUSE - MIN_PAUSE), signal);
    }
    if (await step()) return;
    throw new ContestedConfigurationError(
      `Another tool keeps changing the configuration of bucket ${bucket}: it always differs from what was written ` +
        'a moment before. Stop the other deployment or tool, then deploy again.',
      { context: { bucket } },
    );
  };
  await retryPatiently(settle, retryWindow, signal);
}
