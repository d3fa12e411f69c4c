import type { ListedObject } from './dependencies.ts';
import { midpointKey } from './key-midpoint.ts';
import { compareKeys } from './key-order.ts';

/** Min pages since a range was last split: after that many, a request that splits it is worthwhile. */
const PAGES_BEFORE_SPLIT = 2;
/** Each unsuccessful split doubles that number, up to this many times. */
const MAX_DOUBLINGS = 6;
/** A new range has no unsuccessful splits, and may be split right after its first page. */
const INITIAL_PAGES = 1;

/** Keys of one prefix that are listed page by page. It shrinks at its end when another range takes over that part. */
export class ListedRange {
  readonly prefix: string;
  /** Pages that the consumer has not read yet. */
  readonly pages: (readonly ListedObject[])[] = [];
  isBusy = false;
  isDone = false;
  isProbed = false;
  /** The last key that is listed. */
  #after: string;
  /** The last key that this range may list; undefined: all that have the prefix. */
  #through: string | undefined;
  #pagesSinceSplit = 0;
  #pagesBeforeSplit: number;
  #misses = 0;

  constructor(prefix: string, after: string, through?: string) {
    this.prefix = prefix;
    this.#after = after;
    this.#through = through;
    this.#pagesBeforeSplit = INITIAL_PAGES;
  }

  get after(): string {
    return this.#after;
  }

  get isSplittable(): boolean {
    return !this.isDone && !this.isProbed && this.#pagesSinceSplit >= this.#pagesBeforeSplit;
  }

  /** Adds the result of a request after `after`, without keys that another range now lists. */
  addPage(objects: readonly ListedObject[], isTruncated: boolean): void {
    const through = this.#through;
    const own = through === undefined ? objects : objects.filter(({ key }) => compareKeys(key, through) <= 0);
    const last = own.at(-1);
    if (last !== undefined) {
      this.#after = last.key;
      this.pages.push(own);
    }
    this.#pagesSinceSplit += 1;
    this.isDone = !isTruncated || own.length < objects.length || last === undefined || last.key === through;
  }

  /** A key that splits the rest of this range. */
  middle(): string | undefined {
    return midpointKey(this.#after, this.#through, this.prefix);
  }

  /**
   * Cuts off the part after the middle.
   * @param first the first key after the middle, undefined when there is none
   * @returns the range that lists it; undefined if there is nothing to list, or if this range is already beyond the
   *   middle
   */
  split(middle: string, first: string | undefined): ListedRange | undefined {
    if (this.isDone || compareKeys(this.#after, middle) >= 0) return undefined;
    const through = this.#through;
    this.#through = middle;
    if (first === undefined || (through !== undefined && compareKeys(first, through) > 0)) return undefined;
    return new ListedRange(this.prefix, middle, through);
  }

  /** Records the results of attempts to split this range. */
  noteSplit(hasSucceeded: boolean): void {
    this.#misses = hasSucceeded ? 0 : Math.min(this.#misses + 1, MAX_DOUBLINGS);
    this.#pagesBeforeSplit = PAGES_BEFORE_SPLIT * 2 ** this.#misses;
    this.#pagesSinceSplit = 0;
  }
}
