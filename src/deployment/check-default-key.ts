import { CompressorError } from '../errors.ts';
import type { BucketDirectory, KeyDirectory } from './ports.ts';

/**
 * The customer managed key that the bucket encrypts with by default, if it is not one of `named`: a role that may use
 * only the named keys then gets 403 for each object. Undefined if it is named, or if that is unknown.
 *
 * | S3 stores | it is named if |
 * |---|---|
 * | the ARN of a key | it is among them |
 * | the id of a key | one of them ends with it |
 * | an alias | KMS says so; if KMS refuses, it is unknown. If no keys are named, it is not |
 *
 * @param named ARNs of keys, not of aliases
 */
export async function findUnnamedKey(
  bucket: string,
  region: string,
  named: readonly string[],
  { buckets, keys }: { readonly buckets: BucketDirectory; readonly keys: KeyDirectory },
  signal: AbortSignal,
): Promise<string | undefined> {
  const key = await buckets.findDefaultKey(bucket, region, signal);
  if (key === undefined || named.some((arn) => arn === key || arn.endsWith(`:key/${key}`))) return undefined;
  const [model] = named;
  if (model === undefined || !/(^|:)alias\//.test(key)) return key;
  // Aliases without an ARN belong to the account of the named keys.
  const alias = key.startsWith('arn:') ? key : `${model.split(':').slice(0, 5).join(':')}:${key}`;
  try {
    const facts = await keys.find(alias, signal);
    return facts !== undefined && named.includes(facts.arn) ? undefined : key;
  } catch (thrown) {
    if (thrown instanceof CompressorError && thrown.code === 'STORAGE_ACCESS_DENIED') return undefined;
    throw thrown;
  }
}
