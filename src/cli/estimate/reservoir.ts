interface Tagged<T> {
  readonly item: T;
  readonly tag: number;
}

/**
 * A simple random sample of a stream of unknown length: each item gets a random tag, and those with the smallest tags
 * are kept (bottom-k sampling). Smaller samples of it are also random.
 */
export class Reservoir<T> {
  #capacity: number;
  /** Up to twice the capacity; the excess is dropped from time to time, all at once. */
  #items: Tagged<T>[] = [];
  /** Tags at or above this are no longer among the smallest. */
  #limit = Number.POSITIVE_INFINITY;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Items in memory. */
  get size(): number {
    return this.#items.length;
  }

  /**
   * @param tag random, uniform
   * @returns the change of `size`
   */
  add(item: T, tag: number): number {
    if (tag >= this.#limit) return 0;
    const before = this.#items.length;
    this.#items.push({ item, tag });
    if (this.#items.length >= 2 * this.#capacity) this.#drop();
    return this.#items.length - before;
  }

  shrink(capacity: number): void {
    this.#capacity = capacity;
    this.#drop();
  }

  /** The sample, the item with the smallest tag first: any number of items from the front is a random sample. */
  take(): T[] {
    this.#drop();
    return this.#items.map(({ item }) => item);
  }

  #drop(): void {
    this.#items.sort((left, right) => left.tag - right.tag);
    this.#items.length = Math.min(this.#items.length, this.#capacity);
    if (this.#items.length === this.#capacity) this.#limit = this.#items.at(-1)?.tag ?? this.#limit;
  }
}
