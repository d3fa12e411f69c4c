import { type InventoryManifest, parseInventoryManifest } from '../../inventory/manifest.ts';
import type { ObjectHeadReader, ObjectReader } from '../../storage/object-store.ts';
import { UsageError } from './errors.ts';

/**
 * Reads the manifest of an inventory.
 * @param bucket the bucket that it must list
 * @throws UsageError, InvalidInventoryError, the errors of the storage port
 */
export async function openManifest(
  store: ObjectReader & ObjectHeadReader,
  name: string,
  bucket: string,
  signal: AbortSignal,
): Promise<InventoryManifest> {
  const [, fileBucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  if (fileBucket === undefined || key?.endsWith('manifest.json') !== true) {
    throw new UsageError(`"${name}" is not the manifest of an inventory; write s3://bucket/.../manifest.json`);
  }
  const location = { bucket: fileBucket, key };
  const found = await store.head(location, signal);
  if (found === undefined) throw new UsageError(`${name} does not exist`);
  const into = new Uint8Array(found.size);
  await store.read({ ...location, etag: found.etag, into, signal });
  const manifest = parseInventoryManifest(Buffer.from(into).toString('utf8'), name);
  if (manifest.bucket === bucket) return manifest;
  throw new UsageError(`${name} lists bucket ${manifest.bucket}, but the rule needs bucket ${bucket}`);
}
