import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { InventoryManifest } from '../../../src/inventory/manifest.ts';
import { SortedInventory, type SortedInventoryOptions } from '../../../src/inventory/sorted-inventory.ts';
import type { ObjectEntry } from '../../../src/listing/dependencies.ts';
import { compareKeys } from '../../../src/listing/key-order.ts';
import { TemporaryRuns } from '../../../src/wiring/temporary-runs.ts';
import { memoryInventoryFiles } from '../../support/inventory-files.ts';

const { signal } = new AbortController();

/** An inventory of these keys, in this order, in two data files. */
function inventoryOf(keys: readonly string[]): {
  readonly manifest: InventoryManifest;
  readonly files: ReturnType<typeof memoryInventoryFiles>;
} {
  const rows = keys.map((key, index) => `"b","${encodeURIComponent(key)}","${index}"`);
  const half = Math.floor(rows.length / 2);
  const bytes = (some: readonly string[]): Uint8Array => new TextEncoder().encode(some.join('\n'));
  return {
    manifest: {
      bucket: 'b',
      fileBucket: 'inventories',
      created: 1000,
      format: 'CSV',
      fields: ['Bucket', 'Key', 'Size'],
      files: [{ key: '1.csv' }, { key: '2.csv' }],
    },
    files: memoryInventoryFiles({ '1.csv': bytes(rows.slice(0, half)), '2.csv': bytes(rows.slice(half)) }),
  };
}

async function sorted(
  keys: readonly string[],
  options: SortedInventoryOptions = {},
  [prefix, after]: readonly [prefix: string, after?: string] = [''],
): Promise<ObjectEntry[]> {
  const { manifest, files } = inventoryOf(keys);
  const found: ObjectEntry[] = [];
  await using runs = new TemporaryRuns();
  const inventory = new SortedInventory(manifest, files, runs, options);
  for await (const page of inventory.read(prefix, after, signal)) found.push(...page);
  return found;
}

describe('a sorted inventory', () => {
  test('has every entry once, in the order of keys, however little fits into memory', async () => {
    const key = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.stringMatching(/^[ab/]{1,6}$/));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 2, max: 5 }),
        async (keys, entriesInMemory, runsAtOnce) => {
          const found = await sorted(keys, { entriesInMemory, runsAtOnce });
          expect(found.map((entry) => entry.key)).toEqual(keys.toSorted(compareKeys));
          for (const entry of found) expect(keys[entry.size]).toBe(entry.key);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('leaves out keys without the prefix, and keys up to the one to start after', async () => {
    const keys = ['c/1', 'a/9', 'c/3', 'b', 'c/2', 'd'];
    expect((await sorted(keys, {}, ['c/', 'c/1'])).map(({ key }) => key)).toEqual(['c/2', 'c/3']);
  });

  test('reports its progress, and leaves no file behind', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'runs-'));
    const told: number[] = [];
    const { manifest, files } = inventoryOf(Array.from({ length: 5000 }, (_, index) => `k${(index * 7919) % 5000}`));
    try {
      const runs = new TemporaryRuns(parent);
      const inventory = new SortedInventory(manifest, files, runs, {
        entriesInMemory: 1000,
        onSorted: (entries) => told.push(entries),
      });
      const pages = inventory.read('', undefined, signal);
      expect((await pages.next()).done).toBe(false);
      expect(told.at(-1)).toBeGreaterThan(3000);
      expect(await readdir(parent)).toHaveLength(1);
      // Ended early.
      await pages.return();
      await runs[Symbol.asyncDispose]();
      expect(await readdir(parent)).toEqual([]);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });
});
