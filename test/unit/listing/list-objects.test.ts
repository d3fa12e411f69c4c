import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ListedObject, ObjectPager } from '../../../src/listing/dependencies.ts';
import { ListingOrderError } from '../../../src/listing/errors.ts';
import { compareKeys } from '../../../src/listing/key-order.ts';
import { type ListingRequest, listObjects } from '../../../src/listing/list-objects.ts';
import { MemoryObjectPager } from '../../support/memory-object-pager.ts';

const BUCKET = 'bucket';

async function keysOf(pager: ObjectPager, request: Partial<ListingRequest> = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of listObjects(pager, { bucket: BUCKET, prefixes: [''], order: 'key', ...request })) {
    keys.push(...page.map(({ key }) => key));
  }
  return keys;
}

/** 365 folders, one per day, with one file per hour. */
function dateTree(): string[] {
  const keys: string[] = [];
  for (let day = 0; day < 365; day += 1) {
    const date = new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10).replaceAll('-', '/');
    for (let file = 0; file < 100; file += 1) keys.push(`logs/${date}/host-${file}.json.gz`);
  }
  return keys;
}

describe('listing objects', () => {
  const key = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', '/', '0', '\u007f', '\ue000', '😀', ' '), maxLength: 6 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );

  test.each(['key', 'any'] as const)(
    'returns each object once, whatever the keys and the order of responses (%s)',
    async (order) => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(
            key.filter((text) => text !== '' && text.isWellFormed()),
            { maxLength: 200 },
          ),
          fc.integer({ min: 1, max: 7 }),
          fc.integer({ min: 1, max: 5 }),
          fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
          async (keys, pageSize, concurrency, delays) => {
            const delay = (): number => Number(delays.next().value);
            const listed = await keysOf(new MemoryObjectPager(keys, pageSize, delay), {
              order,
              concurrency,
              maxPages: 4,
            });
            expect(order === 'key' ? listed : listed.toSorted(compareKeys)).toEqual(keys.toSorted(compareKeys));
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  test('splits a tree of dates by itself, with only a few more requests', async () => {
    const keys = dateTree();
    const pager = new MemoryObjectPager(keys, 100);
    expect(await keysOf(pager, { order: 'any', prefixes: ['logs/'] })).toHaveLength(keys.length);
    expect(pager.most).toBe(16);
    expect(pager.requests).toBeLessThan(2 * (keys.length / 100));
  });

  test('splits keys without folders', async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `id-${(index * 7919).toString(16).padStart(8, '0')}`);
    const pager = new MemoryObjectPager(keys, 100);
    expect(await keysOf(pager, { order: 'any' })).toHaveLength(keys.length);
    expect(pager.most).toBe(16);
    expect(pager.requests).toBeLessThan(2 * (keys.length / 100));
  });

  test('lists a single page with one request', async () => {
    const pager = new MemoryObjectPager(['a', 'b', 'c']);
    expect(await keysOf(pager)).toEqual(['a', 'b', 'c']);
    expect(pager.requests).toBe(1);
  });

  test('holds no more pages than allowed, however slow its reader', async () => {
    const pager = new MemoryObjectPager(dateTree(), 100);
    const maxPages = 8;
    let taken = 0;
    for await (const page of listObjects(pager, { bucket: BUCKET, prefixes: [''], order: 'key', maxPages })) {
      taken += page.length;
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(pager.sent - taken).toBeLessThanOrEqual((maxPages + 1) * 100);
      if (taken > 10_000) break;
    }
  });

  test('resumes after a key, over several prefixes', async () => {
    const pager = new MemoryObjectPager(['a/1', 'a/2', 'b/1', 'b/2', 'c/1']);
    const request = { prefixes: ['b/', 'a/', 'a/2'], startAfter: 'a/1' };
    expect(await keysOf(pager, request)).toEqual(['a/2', 'b/1', 'b/2']);
  });

  test('ends with the error of a request, and sends no more requests', async () => {
    const pager = new MemoryObjectPager(dateTree(), 100);
    const failing: ObjectPager = {
      page: (request) => (pager.requests > 20 ? Promise.reject(new Error('no answer')) : pager.page(request)),
    };
    await expect(keysOf(failing)).rejects.toThrow('no answer');
    const { requests } = pager;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pager.requests).toBe(requests);
  });

  test('ends with the reason of the signal', async () => {
    const controller = new AbortController();
    const listing = listObjects(new MemoryObjectPager(dateTree(), 100), {
      bucket: BUCKET,
      prefixes: [''],
      order: 'any',
      signal: controller.signal,
    });
    await listing.next();
    controller.abort(new Error('enough'));
    await expect(listing.next()).rejects.toThrow('enough');
  });

  test('refuses a server that lists in another order', async () => {
    const object = (name: string): ListedObject => ({
      key: name,
      size: 1,
      etag: 'e',
      lastModified: 0,
      storageClass: 'STANDARD',
    });
    const pager: ObjectPager = {
      page: () => Promise.resolve({ objects: [object('b'), object('a')], isTruncated: false }),
    };
    await expect(keysOf(pager)).rejects.toThrow(ListingOrderError);
  });
});

describe('the order of keys', () => {
  test('is the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (left, right) => {
        fc.pre(left.isWellFormed() && right.isWellFormed());
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
    expect(compareKeys('\u{ff5e}', '😀')).toBeLessThan(0);
  });
});
