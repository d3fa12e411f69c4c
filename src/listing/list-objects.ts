import type { ListedObject, ObjectPager } from './dependencies.ts';
import { ListingOrderError } from './errors.ts';
import { compareKeys } from './key-order.ts';
import { ListedRange } from './listed-range.ts';

export interface ListingRequest {
  readonly bucket: string;
  /** Listed side by side; one inside another is listed once. */
  readonly prefixes: readonly string[];
  /** `key`: in the order of keys, over all prefixes. `any` is faster, since no page waits for another. */
  readonly order: 'key' | 'any';
  /** Only keys after this one: the last one of an ordered listing that was broken off. */
  readonly startAfter?: string;
  readonly signal?: AbortSignal;
  /** Requests in flight, 16 if not given. */
  readonly concurrency?: number;
  /** Pages in memory, of 1,000 objects or about 400 KB each; 64 if not given. Requests wait while so many wait for the consumer. */
  readonly maxPages?: number;
}

/** Requests that look for a middle of a range with keys after it before it is left alone for a while. */
const MAX_PROBES = 24;

/**
 * Lists objects, many ranges of keys side by side. Ranges split by themselves where more keys follow, whether keys have slashes or not:
 * a request finds out whether keys exist after a middle, and what is there becomes a range of its own. Memory does not
 * depend on the number of objects. An object that exists during the whole listing comes once.
 * @throws ListingOrderError, what the pager throws, or the reason of the signal
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

  /** @returns undefined when all is listed */
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

  /** Starts as many requests as there may be. */
  #pump(): void {
    const waiting = this.#ranges.reduce((sum, { pages, isBusy }) => sum + pages.length + (isBusy ? 1 : 0), 0);
    let room = this.#maxPages - waiting;
    for (const [index, range] of this.#ranges.entries()) {
      if (this.#active >= this.#concurrency) return;
      // What the consumer waits for is never held up by what comes after it.
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
        const message = `The server lists keys of ${bucket} out of order: "${key}" after "${previous}". Only buckets that list keys in the order of UTF-8 can be listed; directory buckets do not.`;
        throw new ListingOrderError(message, { context: { bucket, key, previous } });
      }
      previous = key;
    }
  }
}

/** The prefixes in the order of keys, without those that another one contains. */
function outermost(prefixes: readonly string[]): string[] {
  return [...new Set(prefixes)]
    .filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
    .toSorted(compareKeys);
}
