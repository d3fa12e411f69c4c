import type { ObjectEntry } from '../listing/dependencies.ts';
import type { InventoryFiles } from './dependencies.ts';
import type { InventoryManifest } from './manifest.ts';
import { readCsv } from './read-csv.ts';
import { readParquet } from './read-parquet.ts';

/**
 * The current objects of an inventory, page by page: neither old versions nor delete markers. Data files are read one
 * after the other; keys are not in order. A page of CSV has up to 1,000 objects, one of Parquet a row group.
 * @throws InvalidInventoryError, the errors of the storage port
 */
export async function* readInventory(
  manifest: InventoryManifest,
  files: InventoryFiles,
): AsyncGenerator<readonly ObjectEntry[], void> {
  for (const dataFile of manifest.files) {
    await using file = await files.open(dataFile.key);
    yield* manifest.format === 'CSV' ? readCsv(file, dataFile, manifest.fields) : readParquet(file, dataFile);
  }
}
