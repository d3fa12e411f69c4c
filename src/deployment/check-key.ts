import { UnusableKeyError } from './errors.ts';
import type { KeyDirectory } from './ports.ts';

/**
 * Why a KMS key cannot be used for S3 objects in `region`, or undefined if it can. S3 itself only checks it with the
 * first object, which would then fail to replicate.
 */
export async function checkKey(
  arn: string,
  region: string,
  purpose: string,
  keys: KeyDirectory,
  signal: AbortSignal,
): Promise<UnusableKeyError | undefined> {
  const refuse = (complaint: string, remedy: string): UnusableKeyError =>
    new UnusableKeyError(`The KMS key ${arn} of ${purpose} ${complaint}. ${remedy}, then deploy again.`, {
      context: { key: arn, region },
    });
  const home = arn.split(':')[3] ?? '';
  if (home !== region) return refuse(`is in ${home}, not in ${region}`, `Name a key of ${region}`);
  const facts = await keys.find(arn, signal);
  if (facts === undefined) return refuse('does not exist', 'Create it, or correct its ARN in replication_config.json');
  if (!facts.isForSymmetricEncryption)
    return refuse('is not a symmetric key for encryption', 'S3 accepts no other kind: name such a key');
  return facts.isEnabled
    ? undefined
    : refuse(`cannot be used: its state is ${facts.state}`, 'Enable it, or name another');
}
