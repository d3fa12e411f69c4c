import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ObjectFilter } from '../../src/backfill/object-filter.ts';
import { InvalidInventoryError } from '../../src/inventory/errors.ts';
import { parseInventoryManifest } from '../../src/inventory/manifest.ts';
import { countClasses, selectFindings } from '../../src/verifying/inventory-query.ts';
import { createTable, type InventoryTable, inventoryTable } from '../../src/verifying/inventory-table.ts';
import { generateInventory, type InventoryRow } from '../support/generated-inventory.ts';
import { exampleRule } from '../support/rules.ts';

/** The time of both inventories. */
const LISTED = Date.UTC(2026, 10, 28);
const HOUR = 3_600_000;
const OBJECTIVE = 3600;
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const KEYS = 2000;

interface Pair {
  readonly source?: InventoryRow;
  /** With its key at the destination. */
  readonly copy?: InventoryRow;
  readonly kind: string;
}

/** Every tenth key has some kind of difference; the others are equal. */
function plant(key: string, index: number): Pair {
  const written = LISTED - 100 * HOUR;
  const source: InventoryRow = { key, size: 100 + index, lastModified: written, etag: `etag-${index}` };
  const copy = { ...source, key: `copy's/${key}`, lastModified: written + 60_000, etag: `other-${index}` };
  const recent = LISTED - HOUR / 2;
  const pairs: readonly Pair[] = [
    { source, kind: 'missing' },
    { source: { ...source, lastModified: recent }, kind: 'not-due' },
    { copy, kind: 'extra' },
    { copy: { ...copy, lastModified: LISTED + 1000 }, kind: 'not-due' },
    { source, copy: { ...copy, size: 1 }, kind: 'different' },
    { source, copy: { ...copy, size: 1, lastModified: LISTED + 1000 }, kind: 'not-due' },
    { source: { ...source, lastModified: recent }, copy: { ...copy, size: 1 }, kind: 'not-due' },
    { source, copy: { ...copy, lastModified: written - 5000 }, kind: 'older' },
    { source: { ...source, lastModified: recent }, copy, kind: 'not-due' },
    { source: { ...source, etag: MD5 }, copy: { ...copy, etag: MD5, lastModified: written - 5000 }, kind: 'equal' },
    { source: { ...source, storageClass: 'DEEP_ARCHIVE' }, kind: 'archived' },
    { source: { ...source, isDeleteMarker: true }, copy, kind: 'extra' },
    { source: { ...source, isLatest: false }, copy, kind: 'extra' },
    { source, copy: { ...copy, isDeleteMarker: true }, kind: 'missing' },
  ];
  return index % 10 === 0 ? (pairs[(index / 10) % pairs.length] ?? { kind: '' }) : { source, copy, kind: 'equal' };
}

const pairs = Array.from({ length: KEYS }, (_, index) => plant(`in/${index % 3}/ü+%2F 'é' ${index}.csv`, index));
/** Objects outside the rule. */
const others: readonly InventoryRow[] = ['elsewhere/1.csv', 'in/1.txt', "copy's/elsewhere/1.csv", 'in/2.csv/'].map(
  (key) => ({ key, size: 1, lastModified: LISTED - 100 * HOUR, etag: 'x' }),
);

let folder = '';
let connection: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-sql-'));
  connection = await (await DuckDBInstance.create()).connect();
  // Trino's names for these functions.
  await connection.run('CREATE MACRO from_iso8601_timestamp(x) AS CAST(x AS TIMESTAMPTZ)');
  await connection.run('CREATE MACRO to_unixtime(x) AS epoch(x)');
  for (const format of ['CSV', 'Parquet'] as const) {
    for (const role of ['source', 'copies'] as const) await load(role, format);
  }
});

afterAll(async () => {
  connection.closeSync();
  await rm(folder, { recursive: true });
});

function tableOf(
  role: 'source' | 'copies',
  format: 'CSV' | 'Parquet',
): { table: InventoryTable; files: Readonly<Record<string, Uint8Array>> } {
  const rows = pairs.flatMap((pair) => (role === 'source' ? pair.source : pair.copy) ?? []);
  const place = { bucket: role, fileBucket: 'inventories', folder: role, format, fileRows: 700 };
  const { manifest, files } = generateInventory([...rows, ...others], place);
  const name = `${role}_${format.toLowerCase()}`;
  const path = `s3://inventories/${role}/all/2026-11-28T00-00Z/manifest.json`;
  return { table: inventoryTable(name, path, parseInventoryManifest(manifest, path)), files };
}

/** Loads the data files as Athena does with the table's definition: columns by position in CSV, by name in Parquet. */
async function load(role: 'source' | 'copies', format: 'CSV' | 'Parquet'): Promise<void> {
  const { table, files } = tableOf(role, format);
  const paths = await Promise.all(
    Object.entries(files).map(async ([key, bytes]) => {
      const path = join(folder, `${role}-${key.split('/').at(-1) ?? ''}`);
      await writeFile(path, bytes);
      return `'${path}'`;
    }),
  );
  const columns = table.columns.map((column) => `'${column}': 'VARCHAR'`).join(', ');
  const reading =
    format === 'CSV'
      ? `SELECT * FROM read_csv([${paths.join(',')}], header = false, nullstr = '\\N', columns = {${columns}})`
      : `SELECT * REPLACE (epoch_ms(last_modified_date) AS last_modified_date) FROM read_parquet([${paths.join(',')}])`;
  await connection.run(`CREATE TABLE "main"."${table.name}" AS ${reading}`);
}

function comparison(source: 'CSV' | 'Parquet', copies: 'CSV' | 'Parquet', filter: ObjectFilter = {}) {
  return {
    database: 'main',
    rule: exampleRule({ prefix: 'in/', suffix: '.csv' }),
    destination: { targetPrefix: "copy's/" },
    filter,
    source: tableOf('source', source).table,
    copies: tableOf('copies', copies).table,
    objectiveSeconds: OBJECTIVE,
  };
}

async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

function truth(kinds: readonly string[]): string[] {
  return pairs
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ source, copy, kind }) => `${kind} ${source?.key ?? copy?.key.slice("copy's/".length) ?? ''}`)
    .toSorted();
}

describe('two inventories, joined by the SQL for Athena in DuckDB', () => {
  test.each([
    ['CSV', 'CSV'],
    ['Parquet', 'Parquet'],
    ['CSV', 'Parquet'],
    ['Parquet', 'CSV'],
  ] as const)('show every planted difference and nothing else: %s and %s', async (source, copies) => {
    const found = await rowsOf(selectFindings(comparison(source, copies)));
    expect(found.map((row) => `${String(row['class'])} ${String(row['key'])}`).toSorted()).toEqual(
      truth(['missing', 'older', 'different', 'extra']),
    );
    const sizes = found.find((row) => row['source_size'] === 140n);
    expect(sizes).toMatchObject({ class: 'different', copy_size: 1n });
    // What a repair pins the read to, and the object's place in the order of writes to its key.
    const written = new Map(pairs.map(({ source: object }) => [object?.key, object]));
    for (const row of found.filter((each) => each['class'] === 'missing' || each['class'] === 'older')) {
      const object = written.get(String(row['key']));
      expect(row['source_etag']).toBe(object?.etag);
      expect(Number(row['source_modified'])).toBe(Math.floor((object?.lastModified ?? 0) / 1000));
    }
  });

  test.each(['CSV', 'Parquet'] as const)('count every key once: %s', async (format) => {
    const counted = await rowsOf(countClasses(comparison(format, format)));
    const expected = Map.groupBy(pairs, ({ kind }) => kind);
    expect(new Map(counted.map((row) => [row['class'], Number(row['keys'])]))).toEqual(
      new Map([...expected].map(([kind, of]) => [kind, of.length])),
    );
  });

  test('are compared only for keys that pass a filter, and a copy of another key does not count as extra', async () => {
    const filter = { prefix: 'in/1/', maxSize: 1000, until: LISTED - 10 * HOUR };
    const found = await rowsOf(selectFindings(comparison('CSV', 'Parquet', filter)));
    const keys = pairs.filter(
      ({ source, copy, kind }) =>
        ['missing', 'older', 'different', 'extra'].includes(kind) &&
        (source?.key ?? copy?.key.slice("copy's/".length) ?? '').startsWith('in/1/') &&
        (kind === 'extra' || (source?.size ?? 0) <= 1000),
    );
    expect(keys.length).toBeGreaterThan(3);
    expect(found).toHaveLength(keys.length);
  });
});

describe('the table of an inventory', () => {
  test('points to the place where S3 lists its data files for Hive, and has the columns of the inventory', () => {
    const { table } = tableOf('source', 'CSV');
    expect(createTable('default', table)).toBe(`CREATE EXTERNAL TABLE \`default\`.\`source_csv\` (
  \`bucket\` string,
  \`key\` string,
  \`version_id\` string,
  \`is_latest\` string,
  \`is_delete_marker\` string,
  \`size\` string,
  \`last_modified_date\` string,
  \`e_tag\` string,
  \`storage_class\` string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat'
LOCATION 's3://inventories/source/all/hive/dt=2026-11-28-00-00/'`);
    expect(createTable('default', tableOf('source', 'Parquet').table)).toContain('`last_modified_date` bigint');
  });

  test('is refused if S3 did not deliver it to that place, or if it lacks a required field', () => {
    const { manifest } = generateInventory([], {
      bucket: 'b',
      fileBucket: 'f',
      folder: 'x',
      format: 'CSV',
      fileRows: 1,
    });
    const parsed = parseInventoryManifest(manifest, 'manifest.json');
    expect(() => inventoryTable('t', 's3://b/copied/manifest.json', parsed)).toThrow(InvalidInventoryError);
    const path = 's3://b/c/2026-11-28T00-00Z/manifest.json';
    expect(() => inventoryTable('t', path, { ...parsed, fields: ['Bucket', 'Key', 'Size'] })).toThrow(
      'has no last_modified_date',
    );
  });
});
