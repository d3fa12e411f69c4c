import type { ObjectPage, ObjectPager, PageRequest } from '../../src/listing/dependencies.ts';
import { compareKeys } from '../../src/listing/key-order.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';

/** Lists the buckets of a store in memory. */
export class MemoryStorePager implements ObjectPager {
  readonly #store: MemoryObjectStore;

  constructor(store: MemoryObjectStore) {
    this.#store = store;
  }

  async page({ bucket, prefix, startAfter = '', maxKeys = 1000 }: PageRequest): Promise<ObjectPage> {
    await Promise.resolve();
    const keys = this.#store.keys(bucket).filter((key) => key.startsWith(prefix) && compareKeys(key, startAfter) > 0);
    const objects = keys.slice(0, maxKeys).flatMap((key) => {
      const description = this.#store.look({ bucket, key })?.description;
      if (description === undefined) return [];
      const { size, etag, lastModified, storageClass } = description;
      return [{ key, size, etag, lastModified: lastModified.getTime(), storageClass }];
    });
    return { objects, isTruncated: keys.length > maxKeys };
  }
}
