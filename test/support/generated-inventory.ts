import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** A row of an S3 Inventory with the fields that this product requests. */
export interface InventoryRow {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  readonly etag: string;
  readonly storageClass?: string;
  /** Default: true. */
  readonly isLatest?: boolean;
  readonly isDeleteMarker?: boolean;
}

export interface GeneratedInventory {
  /** Text of manifest.json. */
  readonly manifest: string;
  /** By key. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const FIELDS = 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass';
const PARQUET_SCHEMA =
  'message s3.inventory { required binary bucket (STRING); required binary key (STRING); optional binary version_id (STRING); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (STRING); optional binary storage_class (STRING);}';

/**
 * The files that S3 delivers for these rows.
 * @param bucket the listed bucket
 * @param fileBucket the bucket of the files
 * @param folder folder of the data files, without a trailing slash
 * @param fileRows rows per data file
 */
export function generateInventory(
  rows: readonly InventoryRow[],
  layout: {
    readonly bucket: string;
    readonly fileBucket: string;
    readonly folder: string;
    readonly format: 'CSV' | 'Parquet';
    readonly fileRows: number;
  },
): GeneratedInventory {
  const { bucket, fileBucket, folder, format, fileRows } = layout;
  const files: Record<string, Uint8Array> = {};
  for (let at = 0; at < rows.length; at += fileRows) {
    const part = rows.slice(at, at + fileRows);
    const name = `${folder}/${String(at / fileRows).padStart(4, '0')}`;
    if (format === 'CSV') files[`${name}.csv.gz`] = gzipSync(part.map((row) => csvLine(bucket, row)).join(''));
    else files[`${name}.parquet`] = parquetFile(bucket, part);
  }
  const manifest = JSON.stringify({
    sourceBucket: bucket,
    destinationBucket: `arn:aws:s3:::${fileBucket}`,
    version: '2016-11-30',
    creationTimestamp: String(Date.UTC(2026, 10, 28)),
    fileFormat: format,
    fileSchema: format === 'CSV' ? FIELDS : PARQUET_SCHEMA,
    files: Object.entries(files).map(([key, bytes]) => ({
      key,
      size: bytes.byteLength,
      MD5checksum: createHash('md5').update(bytes).digest('hex'),
    })),
  });
  return { manifest, files };
}

/** Keys are form-encoded, except for their slashes. */
function csvLine(bucket: string, row: InventoryRow): string {
  const key = encodeURIComponent(row.key).replaceAll('%20', '+').replaceAll('%2F', '/');
  const { size, etag, storageClass = 'STANDARD', isLatest = true, isDeleteMarker = false } = row;
  const time = new Date(row.lastModified).toISOString();
  const values = isDeleteMarker
    ? [bucket, key, 'v', isLatest, true, '', time, '', '']
    : [bucket, key, 'v', isLatest, false, size, time, etag, storageClass];
  return `${values.map((value) => `"${String(value)}"`).join(',')}\n`;
}

function parquetFile(bucket: string, rows: readonly InventoryRow[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      rowGroupSize: 1000,
      columnData: [
        { name: 'bucket', data: rows.map(() => bucket), type: 'STRING' },
        { name: 'key', data: rows.map(({ key }) => key), type: 'STRING' },
        { name: 'version_id', data: rows.map(() => 'v'), type: 'STRING' },
        { name: 'is_latest', data: rows.map(({ isLatest = true }) => isLatest), type: 'BOOLEAN' },
        { name: 'is_delete_marker', data: rows.map(({ isDeleteMarker = false }) => isDeleteMarker), type: 'BOOLEAN' },
        {
          name: 'size',
          data: rows.map(({ size, isDeleteMarker }) => (isDeleteMarker === true ? null : BigInt(size))),
          type: 'INT64',
          nullable: true,
        },
        { name: 'last_modified_date', data: rows.map(({ lastModified }) => new Date(lastModified)), type: 'TIMESTAMP' },
        { name: 'e_tag', data: rows.map(({ etag }) => etag), type: 'STRING' },
        { name: 'storage_class', data: rows.map(({ storageClass = 'STANDARD' }) => storageClass), type: 'STRING' },
      ],
    }),
  );
}
