import { InvalidInventoryError } from '../inventory/errors.ts';
import type { InventoryManifest } from '../inventory/manifest.ts';

/** An inventory as Athena reads it: through the list of data files that S3 writes next to it. */
export interface InventoryTable {
  readonly name: string;
  readonly format: InventoryManifest['format'];
  /** Names of the columns, in the order of CSV. */
  readonly columns: readonly string[];
  /** Folder of `symlink.txt`, with a slash at the end. */
  readonly location: string;
  /** Milliseconds since 1970 at which S3 began to list. */
  readonly created: number;
}

const NEEDED = ['key', 'size', 'last_modified_date'] as const;
/** `s3://bucket/prefix/source-bucket/id/2026-11-28T01-00Z/manifest.json` */
const MANIFEST = /^(s3:\/\/.+\/)(\d{4}-\d\d-\d\d)T(\d\d-\d\d)Z\/manifest\.json$/;
/** A field of the Parquet schema in the manifest. */
const PARQUET_FIELD = /(?:required|optional)\s+\w+\s+(\w+)/g;
const STANDARD_PARQUET = ['bucket', 'key', 'size', 'last_modified_date', 'e_tag', 'storage_class'];

/**
 * @param path of the manifest, as S3 delivers it
 * @throws InvalidInventoryError if the path has a different form, or the inventory lacks a field needed for the
 *   comparison
 */
export function inventoryTable(name: string, path: string, manifest: InventoryManifest): InventoryTable {
  const [, folder, day, time] = MANIFEST.exec(path) ?? [];
  if (folder === undefined || day === undefined || time === undefined) {
    throw new InvalidInventoryError(
      `Athena needs an inventory where S3 delivered it, .../YYYY-MM-DDTHH-MMZ/manifest.json, but ${path} is elsewhere.`,
      { context: { manifest: path } },
    );
  }
  const columns = columnsOf(manifest);
  for (const column of NEEDED) {
    if (columns.includes(column)) continue;
    throw new InvalidInventoryError(`${path} has no ${column}. Add the fields Size, LastModifiedDate and ETag to it.`, {
      context: { manifest: path, column },
    });
  }
  const location = `${folder}hive/dt=${day}-${time}/`;
  return { name, format: manifest.format, columns, location, created: manifest.created };
}

function columnsOf({ format, fields }: InventoryManifest): readonly string[] {
  if (format === 'CSV') return fields.map(snakeCase);
  const declared = [...fields.join(',').matchAll(PARQUET_FIELD)].map(([, column = '']) => column);
  return declared.length === 0 ? STANDARD_PARQUET : declared;
}

/** `LastModifiedDate` -> `last_modified_date`, `ETag` -> `e_tag`. */
function snakeCase(field: string): string {
  return field.replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase();
}

const PARQUET_TYPES: Readonly<Record<string, string>> = {
  is_latest: 'boolean',
  is_delete_marker: 'boolean',
  is_multipart_uploaded: 'boolean',
  size: 'bigint',
  last_modified_date: 'bigint',
  object_lock_retain_until_date: 'bigint',
};
const SERDES = {
  CSV: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
  Parquet: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
} as const;

/** The definition of the table (Amazon S3 user guide, "Querying Amazon S3 Inventory with Amazon Athena"). */
export function createTable(database: string, { name, format, columns, location }: InventoryTable): string {
  const typed = columns.map((column) => {
    const type = format === 'CSV' ? 'string' : (PARQUET_TYPES[column] ?? 'string');
    return `  \`${column}\` ${type}`;
  });
  return `CREATE EXTERNAL TABLE \`${database}\`.\`${name}\` (
${typed.join(',\n')}
)
ROW FORMAT SERDE '${SERDES[format]}'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat'
LOCATION '${location}'`;
}

/** Drops only the definition, not the inventory. */
export function dropTable(database: string, { name }: Pick<InventoryTable, 'name'>): string {
  return `DROP TABLE IF EXISTS \`${database}\`.\`${name}\``;
}
