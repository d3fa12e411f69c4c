import type { ListedObject, ObjectPage, ObjectPager, PageRequest } from '../../src/listing/dependencies.ts';
import { compareKeys } from '../../src/listing/key-order.ts';

/** A bucket that can only be listed. Each answer takes as many turns of the event loop as `delay` says. */
export class MemoryObjectPager implements ObjectPager {
  readonly #objects: readonly ListedObject[];
  readonly #pageSize: number;
  readonly #delay: () => number;
  /** Requests so far, and the objects that they returned. */
  requests = 0;
  sent = 0;
  /** Highest number of concurrent requests. */
  most = 0;
  #active = 0;

  constructor(keys: readonly string[], pageSize = 1000, delay = (): number => 1) {
    this.#objects = [...new Set(keys)].toSorted(compareKeys).map((key, index) => ({
      key,
      size: index,
      etag: `etag-${index}`,
      lastModified: index,
      storageClass: 'STANDARD',
    }));
    this.#pageSize = pageSize;
    this.#delay = delay;
  }

  async page({ prefix, startAfter = '', maxKeys, signal }: PageRequest): Promise<ObjectPage> {
    this.requests += 1;
    this.#active += 1;
    this.most = Math.max(this.most, this.#active);
    for (let turn = this.#delay(); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
    this.#active -= 1;
    signal?.throwIfAborted();
    const first = this.#find((key) => compareKeys(key, startAfter) > 0 && compareKeys(key, prefix) >= 0);
    const page = this.#objects.slice(first, first + Math.min(maxKeys ?? this.#pageSize, this.#pageSize) + 1);
    const objects = page.slice(0, Math.min(maxKeys ?? this.#pageSize, this.#pageSize));
    const matching = objects.filter(({ key }) => key.startsWith(prefix));
    this.sent += matching.length;
    return { objects: matching, isTruncated: page.at(objects.length)?.key.startsWith(prefix) === true };
  }

  /** Index of the first object beyond a bound. */
  #find(isBeyond: (key: string) => boolean): number {
    let from = 0;
    let to = this.#objects.length;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (isBeyond(this.#objects[middle]?.key ?? '')) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
