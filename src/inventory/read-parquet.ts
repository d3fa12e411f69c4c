import { gunzipSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { decompress } from 'zstd-napi';
import { CompressorError } from '../errors.ts';
import type { ObjectEntry } from '../listing/dependencies.ts';
import type { InventoryFile } from './dependencies.ts';
import { InvalidInventoryError } from './errors.ts';
import { FIELDS, readInventoryRow } from './inventory-row.ts';
import type { InventoryDataFile } from './manifest.ts';

/** The library itself supports Snappy. */
const COMPRESSORS: Compressors = { GZIP: (input) => gunzipSync(input), ZSTD: (input) => decompress(input) };

/**
 * Objects of a data file in Parquet: reads the footer first, then the needed columns of one row group after the other,
 * with ranged reads.
 * @throws InvalidInventoryError
 */
export async function* readParquet(
  file: InventoryFile,
  { key: name }: InventoryDataFile,
): AsyncGenerator<readonly ObjectEntry[], void> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: async (start, end = file.size) => {
      const first = start < 0 ? file.size + start : start;
      return (await file.read(first, end - first)).buffer;
    },
  };
  const metadata = await understood(name, () => parquetMetadataAsync(buffer));
  const columns = columnsOf(metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const options = { file: buffer, metadata, columns, compressors: COMPRESSORS, rowStart, rowEnd };
    const rows: readonly Readonly<Record<string, unknown>>[] = await understood(name, () =>
      parquetReadObjects(options),
    );
    const position = `a row after row ${rowStart} of ${name}`;
    yield rows.flatMap((row) => {
      const entry = readInventoryRow((field) => row[FIELDS[field][1]] ?? undefined, position);
      return entry === undefined ? [] : [entry];
    });
    rowStart = rowEnd;
  }
}

function columnsOf({ schema }: FileMetaData): string[] {
  const there = new Set(schema.map(({ name }) => name));
  return Object.values(FIELDS)
    .map(([, name]) => name)
    .filter((name) => there.has(name));
}

/** The library's errors have no distinct class. */
async function understood<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    // The errors of the storage port are already clear.
    if (cause instanceof CompressorError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInventoryError(`${name} cannot be read as Parquet: ${reason}`, { context: { name }, cause });
  }
}
