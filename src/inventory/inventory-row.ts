import type { ObjectEntry } from '../listing/dependencies.ts';
import { InvalidInventoryError } from './errors.ts';

/** Names of a field in CSV's `fileSchema` and in Parquet's schema. */
export const FIELDS = {
  key: ['Key', 'key'],
  size: ['Size', 'size'],
  etag: ['ETag', 'e_tag'],
  lastModified: ['LastModifiedDate', 'last_modified_date'],
  storageClass: ['StorageClass', 'storage_class'],
  isLatest: ['IsLatest', 'is_latest'],
  isDeleteMarker: ['IsDeleteMarker', 'is_delete_marker'],
} as const;

export type InventoryField = keyof typeof FIELDS;

/** A field of a row; undefined if the inventory does not have the field, or the row has no value. */
export type FieldReader = (field: InventoryField) => unknown;

/**
 * The object described by a row.
 * @param position of the row, for messages
 * @returns undefined for versions that are not current, and for delete markers
 * @throws InvalidInventoryError when the key or the size is missing
 */
export function readInventoryRow(read: FieldReader, position: string): ObjectEntry | undefined {
  if (isFlag(read('isLatest'), false) || isFlag(read('isDeleteMarker'), true)) return undefined;
  const key = read('key');
  const size = Number(read('size') ?? Number.NaN);
  if (typeof key !== 'string' || key === '' || !Number.isSafeInteger(size) || size < 0) {
    throw new InvalidInventoryError(`${position} has no key, or no size.`, { context: { position } });
  }
  const etag = read('etag');
  const storageClass = read('storageClass');
  const lastModified = readTime(read('lastModified'));
  return {
    key,
    size,
    ...(typeof etag === 'string' && etag !== '' ? { etag } : {}),
    ...(Number.isNaN(lastModified) ? {} : { lastModified }),
    ...(typeof storageClass === 'string' && storageClass !== '' ? { storageClass } : {}),
  };
}

/** Whether a field has this value; Parquet has booleans, CSV has words. */
function isFlag(value: unknown, isExpected: boolean): boolean {
  return value === isExpected || value === String(isExpected);
}

/** CSV has ISO 8601, Parquet has a timestamp that is read as a Date. */
function readTime(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}
