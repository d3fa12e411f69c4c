import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { InvalidInventoryError } from '../../../src/inventory/errors.ts';
import { type InventoryManifest, parseInventoryManifest } from '../../../src/inventory/manifest.ts';
import { readInventory } from '../../../src/inventory/read-inventory.ts';
import type { ObjectEntry } from '../../../src/listing/dependencies.ts';
import { memoryInventoryFiles } from '../../support/inventory-files.ts';

const TIME = '2026-11-05T10:00:00.000Z';

function manifestText(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    sourceBucket: 'example-source',
    destinationBucket: 'arn:aws:s3:::example-inventory',
    version: '2016-11-30',
    creationTimestamp: '1514944800000',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass',
    files: [{ key: 'data/1.csv.gz', size: 1 }],
    ...changes,
  });
}

async function entriesOf(
  manifest: InventoryManifest,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const page of readInventory(manifest, memoryInventoryFiles(files))) entries.push(...page);
  return entries;
}

const CSV = [
  `"example-source","a+b%2Bc/%C3%BC%22%2C.txt","v2","true","false","12","${TIME}","abc","STANDARD"`,
  `"example-source","a+b%2Bc/%C3%BC%22%2C.txt","v1","false","false","11","${TIME}","abb","STANDARD"`,
  `"example-source","gone.txt","v3","true","true","","${TIME}","",""`,
  `example-source,plain.txt,v4,true,false,0,${TIME},"ab""d",GLACIER`,
].join('\n');

describe('an inventory in CSV', () => {
  test('returns current objects with their decoded keys', async () => {
    const manifest = parseInventoryManifest(manifestText(), 'manifest.json');
    expect(manifest).toMatchObject({ bucket: 'example-source', fileBucket: 'example-inventory', format: 'CSV' });
    expect(await entriesOf(manifest, { 'data/1.csv.gz': gzipSync(`${CSV}\n`) })).toEqual([
      { key: 'a b+c/ü",.txt', size: 12, etag: 'abc', lastModified: Date.parse(TIME), storageClass: 'STANDARD' },
      { key: 'plain.txt', size: 0, etag: 'ab"d', lastModified: Date.parse(TIME), storageClass: 'GLACIER' },
    ]);
  });

  test('requires only key and size', async () => {
    const manifest = parseInventoryManifest(manifestText({ fileSchema: 'Bucket, Key, Size' }), 'manifest.json');
    expect(await entriesOf(manifest, { 'data/1.csv.gz': gzipSync('"b","k","5"\r\n"b","l","6"') })).toEqual([
      { key: 'k', size: 5 },
      { key: 'l', size: 6 },
    ]);
  });

  test('is read in pages, whatever its size', async () => {
    const rows = Array.from({ length: 250_000 }, (_, index) => `"b","key-${index}-${'x'.repeat(40)}","${index}"`);
    const bytes = new TextEncoder().encode(rows.join('\n'));
    const files = memoryInventoryFiles({ 'data.csv': bytes });
    const manifest = parseInventoryManifest(
      manifestText({ fileSchema: 'Bucket, Key, Size', files: [{ key: 'data.csv' }] }),
      'manifest.json',
    );
    let count = 0;
    for await (const page of readInventory(manifest, files)) {
      expect(page.length).toBeLessThanOrEqual(1000);
      count += page.length;
    }
    expect(count).toBe(rows.length);
    expect(files.reads.length).toBeGreaterThan(1);
  });

  test('is rejected if a file does not match the manifest', async () => {
    const bytes = gzipSync(CSV);
    const md5 = createHash('md5').update(bytes).digest('hex');
    const manifestOf = (MD5checksum: string): InventoryManifest =>
      parseInventoryManifest(manifestText({ files: [{ key: 'data/1.csv.gz', MD5checksum }] }), 'manifest.json');
    expect(await entriesOf(manifestOf(md5), { 'data/1.csv.gz': bytes })).toHaveLength(2);
    await expect(entriesOf(manifestOf('0'.repeat(32)), { 'data/1.csv.gz': bytes })).rejects.toThrow(/has MD5 /);
    await expect(entriesOf(manifestOf(md5), { 'data/1.csv.gz': bytes.subarray(0, 60) })).rejects.toThrow(
      'data/1.csv.gz is not a complete gzip file.',
    );
    await expect(entriesOf(manifestOf(md5), { 'data/1.csv.gz': gzipSync('"a","b') })).rejects.toThrow(
      'line 1 of data/1.csv.gz is not a line of CSV.',
    );
    await expect(entriesOf(manifestOf(md5), { 'data/1.csv.gz': gzipSync('"a","b","","","","x"') })).rejects.toThrow(
      'line 1 of data/1.csv.gz has no key, or no size.',
    );
  });
});

describe('an inventory in Parquet', () => {
  const manifest = parseInventoryManifest(
    manifestText({ fileFormat: 'Parquet', fileSchema: 'message s3.inventory {}', files: [{ key: 'data.parquet' }] }),
    'manifest.json',
  );

  function parquet(count: number, rowGroupSize: number): Uint8Array {
    const rows = Array.from({ length: count }, (_, index) => index);
    return new Uint8Array(
      parquetWriteBuffer({
        rowGroupSize,
        columnData: [
          { name: 'bucket', data: rows.map(() => 'example-source'), type: 'STRING' },
          { name: 'key', data: rows.map((row) => `with space/ü+%20-${row}`), type: 'STRING' },
          { name: 'is_latest', data: rows.map((row) => row % 10 !== 9), type: 'BOOLEAN' },
          { name: 'is_delete_marker', data: rows.map((row) => row % 10 === 8), type: 'BOOLEAN' },
          { name: 'size', data: rows.map((row) => BigInt(row)), type: 'INT64' },
          { name: 'last_modified_date', data: rows.map(() => new Date(TIME)), type: 'TIMESTAMP' },
          { name: 'e_tag', data: rows.map((row) => `etag-${row}`), type: 'STRING' },
        ],
      }),
    );
  }

  test('returns current objects with their keys unchanged', async () => {
    const entries = await entriesOf(manifest, { 'data.parquet': parquet(1000, 300) });
    expect(entries).toHaveLength(800);
    expect(entries[700]).toEqual({
      key: 'with space/ü+%20-874',
      size: 874,
      etag: 'etag-874',
      lastModified: Date.parse(TIME),
    });
  });

  test('is read by row groups, not as a whole', async () => {
    const bytes = parquet(100_000, 10_000);
    const files = memoryInventoryFiles({ 'data.parquet': bytes });
    const pages = readInventory(manifest, files);
    await pages.next();
    const read = files.reads.reduce((sum, [, length]) => sum + length, 0);
    expect(read).toBeLessThan(bytes.byteLength / 2);
    await pages.return();
  });

  test('is rejected if it is not Parquet', async () => {
    const broken = { 'data.parquet': new TextEncoder().encode('PAR1 but not really PAR1') };
    await expect(entriesOf(manifest, broken)).rejects.toThrow(/^data.parquet cannot be read as Parquet: /);
  });
});

describe('the manifest of an inventory', () => {
  test.each([
    ['{', /is not the manifest of an S3 Inventory: it is not valid JSON/],
    ['{"files": []}', /sourceBucket/],
    [manifestText({ creationTimestamp: '2026-11-05T10:00Z' }), /milliseconds since 1970.*creationTimestamp/],
    [manifestText({ creationTimestamp: '' }), /milliseconds since 1970.*creationTimestamp/],
    [manifestText({ fileFormat: 'ORC' }), /its format is ORC; CSV and Parquet can be read/],
  ])('is rejected with the reason: %s', (text, reason) => {
    expect(() => parseInventoryManifest(text, 'manifest.json')).toThrow(InvalidInventoryError);
    expect(() => parseInventoryManifest(text, 'manifest.json')).toThrow(reason);
  });
});
