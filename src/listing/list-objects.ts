import type { ListedObject, ObjectPager } from './dependencies.ts';
import { ListingOrderError } from './errors.ts';
import { compareKeys } from './key-order.ts';
import { ListedRange } from './listed-range.ts';

export interface ListingRequest {
  readonly bucket: string;
  /** Listed concurrently; a prefix inside another one is listed only once. */
  readonly prefixes: readonly string[];
  /** `key`: in the order of keys, over all prefixes. `any` is faster, since no page waits for another. */
  readonly order: 'key' | 'any';
  /** Only keys after this one, the last key of an ordered listing that was interrupted. */
  readonly startAfter?: string;
  readonly signal?: AbortSignal;
  /** Concurrent requests; default 16. */
  readonly concurrency?: number;
  /**
   * Max pages in memory, of 1,000 objects or about 400 KB each; default 64. Requests wait while this many pages wait
   * for the consumer.
   */
  readonly maxPages?: number;
}

/** Max requests to find a middle with keys after it, per attempt to split a range. */
const MAX_PROBES = 24;

/**
 * Lists objects with many ranges of keys concurrently. Ranges are split automatically as long as they have more keys,
 * with or without slashes in the keys: a request finds out whether there are keys after a middle, and these become a
 * new range. Memory does not depend on the number of objects. An object that exists during the whole listing is listed
 * once.
 * @throws ListingOrderError, the errors of the pager, or the reason of the signal
 */
export async function* listObjects(
  pager: ObjectPager,
  request: ListingRequest,
): AsyncGenerator<readonly ListedObject[], void> {
  const listing = new Listing(pager, request);
  try {
    for (;;) {
      const page = await listing.next();
      if (page === undefined) return;
      yield page;
    }
  } finally {
    listing.stop();
  }
}

class Listing {
  readonly #pager: ObjectPager;
  readonly #request: ListingRequest;
  readonly #concurrency: number;
  readonly #maxPages: number;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  /** In the order of keys. */
  #ranges: ListedRange[];
  #active = 0;
  #failure: { readonly thrown: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(pager: ObjectPager, request: ListingRequest) {
    const { prefixes, startAfter = '', concurrency = 16, maxPages = 64, signal } = request;
    this.#pager = pager;
    this.#request = request;
    this.#concurrency = concurrency;
    this.#maxPages = maxPages;
    this.#signal = signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal]);
    this.#ranges = outermost(prefixes).map((prefix) => new ListedRange(prefix, startAfter));
  }

  /** @returns undefined when everything is listed */
  async next(): Promise<readonly ListedObject[] | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.thrown;
      this.#signal.throwIfAborted();
      const page = this.#take();
      this.#pump();
      if (page !== undefined || this.#ranges.length === 0) return page;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(): void {
    this.#ended.abort();
  }

  #take(): readonly ListedObject[] | undefined {
    this.#forgetDone();
    const sources = this.#request.order === 'key' ? this.#ranges.slice(0, 1) : this.#ranges;
    const page = sources.find(({ pages }) => pages.length > 0)?.pages.shift();
    this.#forgetDone();
    return page;
  }

  #forgetDone(): void {
    this.#ranges = this.#ranges.filter(({ isDone, pages }) => !isDone || pages.length > 0);
  }

  /** Starts as many requests as allowed. */
  #pump(): void {
    const waiting = this.#ranges.reduce((sum, { pages, isBusy }) => sum + pages.length + (isBusy ? 1 : 0), 0);
    let room = this.#maxPages - waiting;
    for (const [index, range] of this.#ranges.entries()) {
      if (this.#active >= this.#concurrency) return;
      // Pages that the consumer waits for are never delayed by later ones.
      const isNext = index === 0 && range.pages.length === 0;
      if (range.isBusy || range.isDone || (room <= 0 && !isNext)) continue;
      room -= 1;
      range.isBusy = true;
      this.#start(() => this.#list(range));
    }
    for (const range of this.#ranges) {
      if (this.#active >= this.#concurrency || room <= 0) return;
      if (!range.isSplittable) continue;
      room -= 1;
      range.isProbed = true;
      this.#start(() => this.#split(range));
    }
  }

  #start(work: () => Promise<void>): void {
    this.#active += 1;
    void work()
      .catch((thrown: unknown) => {
        this.#failure ??= { thrown };
      })
      .finally(() => {
        this.#active -= 1;
        this.#wake();
        if (this.#failure === undefined && !this.#signal.aborted) this.#pump();
      });
  }

  async #list(range: ListedRange): Promise<void> {
    const { after } = range;
    const { objects, isTruncated } = await this.#page(range.prefix, after);
    this.#refuseDisorder(objects, after);
    range.addPage(objects, isTruncated);
    range.isBusy = false;
  }

  async #split(range: ListedRange): Promise<void> {
    let found: ListedRange | undefined;
    for (let probe = 0; probe < MAX_PROBES && found === undefined; probe += 1) {
      const middle = range.isDone ? undefined : range.middle();
      if (middle === undefined) break;
      const { objects } = await this.#page(range.prefix, middle, 1);
      found = range.split(middle, objects[0]?.key);
    }
    range.isProbed = false;
    range.noteSplit(found !== undefined);
    if (found !== undefined) this.#ranges.splice(this.#ranges.indexOf(range) + 1, 0, found);
  }

  #page(prefix: string, startAfter: string, maxKeys?: number): ReturnType<ObjectPager['page']> {
    return this.#pager.page({
      bucket: this.#request.bucket,
      prefix,
      ...(startAfter === '' ? {} : { startAfter }),
      ...(maxKeys === undefined ? {} : { maxKeys }),
      signal: this.#signal,
    });
  }

  #refuseDisorder(objects: readonly ListedObject[], after: string): void {
    let previous = after;
    for (const { key } of objects) {
      if (previous !== '' && compareKeys(previous, key) >= 0) {
        const { bucket } = this.#request;
        const message = `The server lists keys of ${bucket} out of order: "${key}" after "${previous}". Only buckets that list keys in UTF-8 order are supported; directory buckets do not.`;
        throw new ListingOrderError(message, { context: { bucket, key, previous } });
      }
      previous = key;
    }
  }
}

/** The prefixes in the order of keys, without those that are inside another one. */
function outermost(prefixes: readonly string[]): string[] {
  return [...new Set(prefixes)]
    .filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
    .toSorted(compareKeys);
}
