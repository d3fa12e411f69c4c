import { describe, expect, test } from '@jest/globals';
import type { ListedObject, ObjectEntry } from '../../../src/listing/dependencies.ts';
import type { InventoryListing } from '../../../src/verifying/dependencies.ts';
import { runVerification } from '../../../src/verifying/run-verification.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { MemoryStorePager } from '../../support/memory-store-pager.ts';
import { exampleRule } from '../../support/rules.ts';
import { plainVerification } from '../../support/verification.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const HOUR = 3_600_000;
const [SOURCE, TARGET] = ['source-bucket', 'target-bucket'];

function inventory(created: number, entries: readonly ObjectEntry[]): InventoryListing {
  return {
    created,
    async *read() {
      await Promise.resolve();
      yield entries;
    },
  };
}

async function verify(
  stores: { readonly source: MemoryObjectStore; readonly target: MemoryObjectStore },
  inventories: { readonly source?: InventoryListing; readonly target?: InventoryListing },
): Promise<Record<string, string[]>> {
  const rule = exampleRule({}, [{ bucket: TARGET }]);
  const found: Record<string, string[]> = {};
  await runVerification(plainVerification(rule, NOW), {
    source: {
      pager: new MemoryStorePager(stores.source),
      store: stores.source,
      inventory: inventories.source,
    },
    destinations: rule.destinations.map((destination) => ({
      destination,
      pager: new MemoryStorePager(stores.target),
      store: stores.target,
      inventory: inventories.target,
    })),
    clock: { now: () => NOW, sleep: () => Promise.resolve() },
    checkpoint: () => Promise.resolve(),
    onProgress: () => undefined,
    onFinding: ({ kind, key }) => {
      found[kind] = [...(found[kind] ?? []), key];
    },
  });
  return found;
}

describe('a verification by inventories', () => {
  const source = new MemoryObjectStore({ now: () => NOW - 48 * HOUR });
  const target = new MemoryObjectStore({ now: () => NOW - 47 * HOUR });
  const listed = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
    key,
    size: 4,
    etag: 'e',
    lastModified: NOW - 48 * HOUR,
    storageClass: 'STANDARD',
    ...more,
  });

  test('checks again what an inventory lacks, and reports only what is missing now', async () => {
    const etag = await source.place({ bucket: SOURCE, key: 'gone' }, Buffer.from('gone'));
    await source.place({ bucket: SOURCE, key: 'overwritten' }, Buffer.from('new!'));
    await target.place({ bucket: TARGET, key: 'arrived' }, Buffer.from('here'), {
      metadata: { note: 'x'.repeat(2044) },
    });
    const entries = ['arrived', 'deleted', 'gone', 'overwritten'].map((key) =>
      listed(key, key === 'gone' ? { etag } : {}),
    );
    const found = await verify(
      { source, target },
      { source: inventory(NOW - 24 * HOUR, entries), target: inventory(NOW - 24 * HOUR, []) },
    );
    expect(found).toEqual({ missing: ['gone'], 'not-due': ['deleted', 'overwritten'] });
  });

  test('measures time from the older inventory: what was written later is not due', async () => {
    const young = listed('young', { lastModified: NOW - 10 * HOUR });
    const late = { ...listed('late'), lastModified: NOW - 2 * HOUR };
    const found = await verify(
      { source, target },
      { source: inventory(NOW - HOUR, [young]), target: inventory(NOW - 20 * HOUR, [late, listed('only there')]) },
    );
    // "late" was written before the source was listed, and is not in the list.
    expect(found).toEqual({ extra: ['late', 'only there'], 'not-due': ['young'] });
  });

  test('does not call a copy extra if it is newer than the listing of the source', async () => {
    const found = await verify(
      { source, target },
      {
        source: inventory(NOW - 24 * HOUR, []),
        target: inventory(NOW - HOUR, [listed('new', { lastModified: NOW - 2 * HOUR })]),
      },
    );
    expect(found).toEqual({ 'not-due': ['new'] });
  });

  test('refuses an inventory without ETags', async () => {
    const entries = [{ key: 'k', size: 1, lastModified: NOW }];
    await expect(verify({ source, target }, { source: inventory(NOW, entries) })).rejects.toThrow(
      'Add the fields Size, LastModifiedDate, ETag and StorageClass',
    );
  });
});
