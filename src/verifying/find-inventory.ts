/** An inventory configuration of a bucket. */
export interface InventoryConfiguration {
  readonly id: string;
  readonly isEnabled: boolean;
  /** Prefix of the keys that it lists. */
  readonly prefix: string;
  /** S3's name for the format: `CSV`, `Parquet`, `ORC`. */
  readonly format: string;
  /** Optional fields. */
  readonly fields: readonly string[];
  /** The bucket and prefix that it is delivered to. */
  readonly fileBucket: string;
  readonly filePrefix: string;
}

/** The part of S3 that inventories need. */
export interface InventoryDirectory {
  /** @throws the errors of the storage port */
  configurationsOf(bucket: string, signal: AbortSignal): Promise<readonly InventoryConfiguration[]>;
  /** Up to 1,000 keys after one, in their order. @throws the errors of the storage port */
  keysAfter(bucket: string, prefix: string, after: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** Which objects an inventory must list, and where it may be. */
export interface WantedInventory {
  readonly bucket: string;
  /** Common prefix of all keys. */
  readonly prefix: string;
  /** Buckets that inventories may be read from. */
  readonly allowedBuckets: readonly string[];
}

/** Location of a manifest. */
export interface ManifestLocation {
  readonly bucket: string;
  readonly key: string;
}

/** Without them a copy cannot be judged. */
const WANTED_FIELDS = ['Size', 'LastModifiedDate', 'ETag', 'StorageClass'];
/** A daily inventory is never older; one from a week ago would say nothing about that week. */
const MAX_AGE_MILLISECONDS = 3 * 24 * 3_600_000;
const MANIFEST = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}Z\/manifest\.json$/;

/**
 * Finds the newest manifest of an inventory that lists the wanted keys.
 *
 * | the bucket has                                                          | is used |
 * |-------------------------------------------------------------------------|---------|
 * | no inventory, or none that is enabled                                   | none    |
 * | one in ORC, without one of the fields, or with another prefix           | not it  |
 * | one that is delivered to a bucket that is not allowed                   | not it  |
 * | one that was not delivered for three days                               | not it  |
 * | several others                                                          | the newest |
 * @param now milliseconds since 1970
 * @returns the manifest, or in a few words why there is none
 * @throws the errors of the storage port
 */
export async function findInventory(
  wanted: WantedInventory,
  directory: InventoryDirectory,
  now: number,
  signal: AbortSignal,
): Promise<ManifestLocation | string> {
  const all = await directory.configurationsOf(wanted.bucket, signal);
  if (all.length === 0) return 'it has no inventory';
  const usable = all.filter((each) => reasonAgainst(each, wanted) === undefined);
  const [first] = all;
  if (usable.length === 0 && first !== undefined) {
    return `inventory ${first.id} ${reasonAgainst(first, wanted) ?? ''}`;
  }
  const newest = await Promise.all(usable.map((each) => newestManifest(wanted.bucket, each, directory, now, signal)));
  const [found] = newest
    .filter((each) => each !== undefined)
    .toSorted((left, right) => (left.date < right.date ? 1 : -1));
  return found?.location ?? 'it has no inventory from the last three days';
}

/** Why an inventory cannot replace a listing. */
function reasonAgainst(
  { isEnabled, prefix, format, fields, fileBucket }: InventoryConfiguration,
  wanted: WantedInventory,
): string | undefined {
  const missing = WANTED_FIELDS.filter((field) => !fields.includes(field));
  if (!isEnabled) return 'is not enabled';
  if (format !== 'CSV' && format !== 'Parquet') return `is in ${format}`;
  if (missing.length > 0) return `has no ${missing.join(', ')}`;
  if (!wanted.prefix.startsWith(prefix)) return `lists ${prefix} only`;
  if (!wanted.allowedBuckets.includes(fileBucket))
    return `is delivered to ${fileBucket}, which is not among inventory_buckets`;
  return undefined;
}

async function newestManifest(
  bucket: string,
  { id, fileBucket, filePrefix }: InventoryConfiguration,
  directory: InventoryDirectory,
  now: number,
  signal: AbortSignal,
): Promise<{ readonly date: string; readonly location: ManifestLocation } | undefined> {
  const folder = `${filePrefix === '' ? '' : `${filePrefix}/`}${bucket}/${id}/`;
  // Names of folders are times such as 2026-11-28T01-00Z; all other keys sort after them.
  const oldest = new Date(now - MAX_AGE_MILLISECONDS).toISOString().slice(0, 16).replace(':', '-');
  const keys = await directory.keysAfter(fileBucket, folder, `${folder}${oldest}`, signal);
  const date = keys.map((key) => key.slice(folder.length)).findLast((key) => MANIFEST.test(key));
  return date === undefined ? undefined : { date, location: { bucket: fileBucket, key: `${folder}${date}` } };
}
