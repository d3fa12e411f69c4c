import { ConfigurationContestedError } from './errors.ts';
import { type Patience, retryPatiently } from './retry-patiently.ts';

/**
 * Reads, writes and looks again until there is nothing left to write. S3 has no conditional write for a bucket's
 * configuration, so the second look is what notices a writer who put back a copy from before ours.
 *
 * @param step one look; resolves to true when everything is as it should be, writes and resolves to false when not
 * @throws what the last step threw, or ConfigurationContestedError
 */
export async function settleConfiguration(
  bucket: string,
  step: () => Promise<boolean>,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const settle = async (): Promise<void> => {
    if ((await step()) || (await step())) return;
    throw new ConfigurationContestedError(
      `The configuration of bucket ${bucket} is changed by somebody else at the same time: it is never what was written ` +
        'a moment before. Stop the other deployment or tool, then deploy again.',
      { context: { bucket } },
    );
  };
  await retryPatiently(settle, patience, signal);
}
