import { CompressorError } from '../errors.ts';
import { ConfigurationContestedError } from './errors.ts';

/** How to wait and how long. */
export interface Patience {
  /** Milliseconds. Rejects with the signal's reason when that aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to just below 1. */
  readonly random: () => number;
}

const ATTEMPTS = 7;
const FIRST_DELAY = 1000;
const MAX_DELAY = 16_000;

/**
 * Reads, writes and looks again until there is nothing left to write. S3 has no conditional write for a bucket's
 * configuration, so the second look is what notices a writer who put back a copy from before ours; and the attempts
 * (about 45 s) give S3 the time it needs to see a queue policy, role or bucket that was made a moment ago.
 *
 * @param step one look; resolves to true when everything is as it should be, writes and resolves to false when not
 * @throws what the last step threw, or ConfigurationContestedError
 */
export async function settleConfiguration(
  bucket: string,
  step: () => Promise<boolean>,
  { sleep, random }: Patience,
  signal: AbortSignal,
): Promise<void> {
  let failure: CompressorError | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    signal.throwIfAborted();
    // A write is looked at at once; only a second try has to wait.
    if (attempt > 2 || failure !== undefined) {
      const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (attempt - 2));
      await sleep(Math.floor(ceiling * (0.5 + random() / 2)), signal);
    }
    try {
      if (await step()) return;
      failure = undefined;
    } catch (thrown) {
      if (!(thrown instanceof CompressorError && thrown.retryable)) throw thrown;
      failure = thrown;
    }
  }
  throw (
    failure ??
    new ConfigurationContestedError(
      `The configuration of bucket ${bucket} is changed by somebody else at the same time: after ${ATTEMPTS} attempts ` +
        'it is still not what was written. Stop the other deployment or tool, then deploy again.',
      { context: { bucket, attempts: ATTEMPTS } },
    )
  );
}
