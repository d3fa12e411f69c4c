import { describe, expect, test } from '@jest/globals';
import {
  findInventory,
  type InventoryConfiguration,
  type InventoryDirectory,
} from '../../../src/verifying/find-inventory.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const WANTED = { bucket: 'objects', prefix: 'in/', allowedBuckets: ['lists'] };
const GOOD: InventoryConfiguration = {
  id: 'all',
  isEnabled: true,
  prefix: '',
  format: 'Parquet',
  fields: ['Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'IsMultipartUploaded'],
  fileBucket: 'lists',
  filePrefix: 'daily',
};

/** A directory with these configurations and keys, which lists like S3. */
function directory(configurations: readonly InventoryConfiguration[], keys: readonly string[]): InventoryDirectory {
  return {
    configurationsOf: () => Promise.resolve(configurations),
    keysAfter: (_bucket, prefix, after) =>
      Promise.resolve(keys.filter((key) => key.startsWith(prefix) && key > after).toSorted()),
  };
}

function find(
  configurations: readonly InventoryConfiguration[],
  keys: readonly string[] = [],
): ReturnType<typeof findInventory> {
  return findInventory(WANTED, directory(configurations, keys), NOW, new AbortController().signal);
}

const manifest = (date: string, folder = 'daily/objects/all'): string => `${folder}/${date}/manifest.json`;

describe('the inventory that replaces a listing', () => {
  test('is the newest one that was delivered', async () => {
    const keys = [
      manifest('2026-11-26T01-00Z'),
      manifest('2026-11-28T01-00Z'),
      'daily/objects/all/2026-11-28T01-00Z/manifest.checksum',
      // Begun, and not delivered yet.
      'daily/objects/all/2026-11-29T01-00Z/manifest.checksum',
      'daily/objects/all/data/0001.parquet',
      'daily/objects/all/hive/dt=2026-11-28-01-00/symlink.txt',
    ];
    expect(await find([GOOD], keys)).toEqual({ bucket: 'lists', key: manifest('2026-11-28T01-00Z') });
  });

  test('is the newest one of several inventories', async () => {
    const other = { ...GOOD, id: 'other', filePrefix: '' };
    const keys = [manifest('2026-11-28T01-00Z'), manifest('2026-11-29T01-00Z', 'objects/other')];
    expect(await find([GOOD, other], keys)).toEqual({
      bucket: 'lists',
      key: 'objects/other/2026-11-29T01-00Z/manifest.json',
    });
  });

  test.each<[string, Partial<InventoryConfiguration>, string]>([
    ['is disabled', { isEnabled: false }, 'inventory all is not enabled'],
    ['is in ORC', { format: 'ORC' }, 'inventory all is in ORC'],
    ['lacks fields', { fields: ['Size', 'ETag'] }, 'inventory all has no LastModifiedDate, StorageClass'],
    ['lists other keys', { prefix: 'in/some/' }, 'inventory all lists in/some/ only'],
    [
      'is delivered elsewhere',
      { fileBucket: 'theirs' },
      'inventory all is delivered to theirs, which is not among inventory_buckets',
    ],
  ])('is not one that %s, and the reason is given', async (_, change, reason) => {
    expect(await find([{ ...GOOD, ...change }], [manifest('2026-11-29T01-00Z')])).toBe(reason);
  });

  test('does not exist if the bucket has none, or if none was delivered for three days', async () => {
    expect(await find([])).toBe('it has no inventory');
    expect(await find([GOOD], [manifest('2026-11-26T11-59Z')])).toBe('it has no inventory from the last three days');
    expect(await find([GOOD], [manifest('2026-11-26T12-00Z')])).toMatchObject({ bucket: 'lists' });
  });

  test('may list only part of the bucket, if that includes the keys of the rule', async () => {
    expect(await find([{ ...GOOD, prefix: 'in/' }], [manifest('2026-11-29T01-00Z')])).toMatchObject({
      bucket: 'lists',
    });
  });
});
