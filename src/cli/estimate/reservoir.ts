interface Tagged<T> {
  readonly item: T;
  readonly tag: number;
}

/**
 * A simple random sample of a stream of unknown length: of items with a random tag each, those with the smallest tags (bottom-k
 * sampling). Smaller samples of it are random, too.
 */
export class Reservoir<T> {
  #capacity: number;
  /** Up to twice the capacity; what is too much is dropped now and then, all at once. */
  #items: Tagged<T>[] = [];
  /** Tags from here on are among the smallest no more. */
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
   * @returns by how much `size` has changed
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

  /** The sample, the item with the smallest tag first: any number of them from the front is a random sample. */
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
