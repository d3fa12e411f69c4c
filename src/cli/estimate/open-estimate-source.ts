import { stat } from 'node:fs/promises';
import { UsageError } from '../command/errors.ts';
import { isS3Name, parseS3Location } from '../command/s3-location.ts';
import { openBucketSource } from './bucket-source.ts';
import type { EstimateSource, SourceOptions } from './estimate-source.ts';
import { openFolderSource } from './folder-source.ts';
import { openInventorySource } from './inventory-source.ts';

/**
 * Opens `s3://bucket/prefix`, a folder, or the manifest of an S3 Inventory, here or in S3.
 * @throws UsageError, InvalidInventoryError, the errors of the storage port
 */
export async function openEstimateSource(name: string, options: SourceOptions): Promise<EstimateSource> {
  if (isS3Name(name)) {
    const location = parseS3Location(name);
    return location.prefix.endsWith('manifest.json')
      ? openInventorySource(name, options)
      : openBucketSource(location, options);
  }
  const found = await stat(name).catch(() => undefined);
  if (found === undefined)
    throw new UsageError(`"${name}" does not exist; name a folder, a manifest.json or s3://bucket/prefix`);
  return found.isDirectory() ? openFolderSource(name, options) : openInventorySource(name, options);
}
