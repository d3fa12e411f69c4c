import type { ListedObject } from '../listing/dependencies.ts';
import { compareKeys } from '../listing/key-order.ts';

/**
 * A bucket's objects in the order of keys, and the prefix that its keys have in addition to those of the other buckets.
 */
export interface SortedListing {
  readonly pages: AsyncIterable<readonly ListedObject[]>;
  readonly prefix: string;
}

/** One key, and its object in each listing. */
export interface JoinedKey {
  /** Without the prefix of its listing. */
  readonly key: string;
  /** In the order of the listings. */
  readonly objects: readonly (ListedObject | undefined)[];
}

const KEYS_PER_PAGE = 1000;

/**
 * Merges sorted listings into one list of keys, page by page. Memory holds a page of each.
 * @throws the error of a listing
 */
export async function* joinListings(listings: readonly SortedListing[]): AsyncGenerator<readonly JoinedKey[], void> {
  const cursors = listings.map((listing) => new ListingCursor(listing));
  try {
    let page: JoinedKey[] = [];
    for (;;) {
      for (const cursor of cursors) if (cursor.isUsedUp) await cursor.load();
      const key = firstKey(cursors);
      if (key === undefined) break;
      page.push({ key, objects: cursors.map((cursor) => cursor.take(key)) });
      if (page.length < KEYS_PER_PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

function firstKey(cursors: readonly ListingCursor[]): string | undefined {
  let first: string | undefined;
  for (const { key } of cursors) {
    if (key !== undefined && (first === undefined || compareKeys(key, first) < 0)) first = key;
  }
  return first;
}

class ListingCursor {
  readonly #iterator: AsyncIterator<readonly ListedObject[]>;
  readonly #prefixLength: number;
  #page: readonly ListedObject[] = [];
  #index = 0;
  #isDone = false;
  /** Key of the next object; undefined: none is left. */
  key: string | undefined;

  constructor({ pages, prefix }: SortedListing) {
    this.#iterator = pages[Symbol.asyncIterator]();
    this.#prefixLength = prefix.length;
  }

  get isUsedUp(): boolean {
    return !this.#isDone && this.#index >= this.#page.length;
  }

  async load(): Promise<void> {
    while (this.isUsedUp) {
      const next = await this.#iterator.next();
      this.#index = 0;
      this.#isDone = next.done === true;
      this.#page = next.done === true ? [] : next.value;
    }
    this.#point();
  }

  /** The object of this key, if it is the next one. */
  take(key: string): ListedObject | undefined {
    if (this.key !== key) return undefined;
    const object = this.#page[this.#index];
    this.#index += 1;
    this.#point();
    return object;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  #point(): void {
    this.key = this.#page[this.#index]?.key.slice(this.#prefixLength);
  }
}
