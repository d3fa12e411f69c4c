import { expect, test } from '@jest/globals';
import type { EntryPage, EntrySource } from '../../../src/backfill/dependencies.ts';
import { InventorySource, ListingSource } from '../../../src/backfill/entry-sources.ts';
import { InvalidCheckpointError } from '../../../src/backfill/errors.ts';
import type { InventoryFiles } from '../../../src/inventory/dependencies.ts';
import { MemoryObjectPager } from '../../support/memory-object-pager.ts';

const { signal } = new AbortController();

async function keysAfter(source: EntrySource, position?: string): Promise<string[]> {
  const pages: EntryPage[] = [];
  for await (const page of source.read(position, signal)) pages.push(page);
  return pages.flatMap(({ entries }) => entries.map(({ key }) => key));
}

async function positionsOf(source: EntrySource): Promise<string[]> {
  const positions: string[] = [];
  for await (const { entries, positionAfter } of source.read(undefined, signal)) {
    positions.push(...entries.map((_, index) => positionAfter(index)));
  }
  return positions;
}

/** Two CSV files of 1,500 and 3 rows: more and less than a page. */
const csv = new Map(
  [1500, 3].map((rows, file) => [
    `data-${file}.csv`,
    Buffer.from(
      Array.from(
        { length: rows },
        (_, row) => `"b","f${file}-${row}","7","e","2026-11-23T10:00:00.000Z","STANDARD"\n`,
      ).join(''),
    ),
  ]),
);
const files: InventoryFiles = {
  open: (key) => {
    const bytes = csv.get(key) ?? Buffer.alloc(0);
    return Promise.resolve({
      size: bytes.length,
      read: (start: number, length: number) => Promise.resolve(Uint8Array.from(bytes.subarray(start, start + length))),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
};
const manifest = {
  bucket: 'b',
  fileBucket: 'i',
  created: 0,
  format: 'CSV' as const,
  fields: ['Bucket', 'Key', 'Size', 'ETag', 'LastModifiedDate', 'StorageClass'],
  files: [...csv.keys()].map((key) => ({ key })),
};

test('a bucket can be read again from any key', async () => {
  const keys = Array.from({ length: 2500 }, (_, index) => `logs/${String(index).padStart(5, '0')}`);
  const source = new ListingSource(new MemoryObjectPager(['data/1', ...keys, 'z']), 'b', 'logs/');
  expect(await keysAfter(source)).toEqual(keys);
  expect(await positionsOf(source)).toEqual(keys);
  expect(await keysAfter(source, keys[1777])).toEqual(keys.slice(1778));
  expect(await keysAfter(source, keys.at(-1))).toEqual([]);
});

test('an inventory can be read again from any object of any file', async () => {
  const source = new InventorySource(manifest, files);
  const [keys, positions] = [await keysAfter(source), await positionsOf(source)];
  expect(keys).toHaveLength(1503);
  for (const done of [1, 999, 1000, 1001, 1499, 1500, 1501, 1502]) {
    expect(await keysAfter(source, positions[done - 1])).toEqual(keys.slice(done));
  }
  expect(await keysAfter(source, positions.at(-1))).toEqual([]);
});

test.each(['logs/1', '2:0', '1', ''])('refuses a position that is not its own: %j', async (position) => {
  await expect(keysAfter(new InventorySource(manifest, files), position)).rejects.toThrow(InvalidCheckpointError);
});

test('after a damaged data file, resumes before that file and after all complete ones', async () => {
  const whole = csv.get('data-1.csv') ?? Buffer.alloc(0);
  const damaged = { ...manifest, files: [...manifest.files, { key: 'data-2.csv', md5: '0'.repeat(32) }] };
  const source = new InventorySource(damaged, files);
  csv.set('data-2.csv', whole);
  const positions: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { entries, positionAfter } of source.read('0:1500', signal)) {
      positions.push(positionAfter(entries.length - 1));
    }
  };
  expect(source.rewind('1:2')).toBe('1:2');
  await expect(read()).rejects.toThrow('data-2.csv has MD5');
  csv.delete('data-2.csv');
  expect(positions).toEqual(['1:3', '2:3']);
  expect(positions.map((position) => source.rewind(position))).toEqual(['1:3', '2:0']);
});
