import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListedObject } from '../../../src/listing/dependencies.ts';
import { compareKeys } from '../../../src/listing/key-order.ts';
import { joinListings } from '../../../src/verifying/join-listings.ts';
import { listedObject } from '../../support/backfill.ts';
import { objectKeys } from '../../support/hostile-keys.ts';

async function* pagesOf(objects: readonly ListedObject[], size: number): AsyncGenerator<readonly ListedObject[], void> {
  for (let at = 0; at < objects.length; at += size) {
    await Promise.resolve();
    yield objects.slice(at, at + size);
  }
}

test('joinListings joins any number of sorted listings like a map, in the order of keys', async () => {
  const listing = fc.record({
    keys: fc.uniqueArray(objectKeys, { maxLength: 40 }),
    prefix: fc.constantFrom('', 'copy/', '\u{1F600}'),
    size: fc.integer({ min: 1, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(listing, { minLength: 1, maxLength: 4 }), async (listings) => {
      const joined = [];
      const sorted = listings.map(({ keys, prefix, size }) => ({
        prefix,
        pages: pagesOf(
          keys.toSorted(compareKeys).map((key) => listedObject(prefix + key)),
          size,
        ),
      }));
      for await (const page of joinListings(sorted)) joined.push(...page);
      const all = [...new Set(listings.flatMap(({ keys }) => keys))].toSorted(compareKeys);
      expect(joined).toEqual(
        all.map((key) => ({
          key,
          objects: listings.map(({ keys, prefix }) => (keys.includes(key) ? listedObject(prefix + key) : undefined)),
        })),
      );
    }),
    { numRuns: 200 },
  );
});
