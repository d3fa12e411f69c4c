import type { ObjectEntry } from '../listing/dependencies.ts';
import { compareKeys } from '../listing/key-order.ts';

/** Entries in the order of keys, page by page. */
export type SortedRun = AsyncIterable<readonly ObjectEntry[]>;

const PAGE = 1000;

/**
 * Merges sorted runs into one, with a heap of their next entries. Memory holds a page of each. @throws the error of a
 * run
 */
export async function* mergeRuns(runs: readonly SortedRun[]): AsyncGenerator<readonly ObjectEntry[], void> {
  const cursors = runs.map((run) => new RunCursor(run));
  const heap = new CursorHeap();
  try {
    for (const cursor of cursors) if (await cursor.advance()) heap.push(cursor);
    let page: ObjectEntry[] = [];
    for (let first = heap.first; first !== undefined; first = heap.first) {
      if (first.entry !== undefined) page.push(first.entry);
      if (first.hasNext ? first.next() : await first.advance()) heap.sink();
      else heap.dropFirst();
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

class RunCursor {
  readonly #pages: AsyncIterator<readonly ObjectEntry[]>;
  #page: readonly ObjectEntry[] = [];
  #index = -1;

  constructor(run: SortedRun) {
    this.#pages = run[Symbol.asyncIterator]();
  }

  get entry(): ObjectEntry | undefined {
    return this.#page[this.#index];
  }

  get key(): string {
    return this.entry?.key ?? '';
  }

  /** Whether the next entry is in memory. */
  get hasNext(): boolean {
    return this.#index + 1 < this.#page.length;
  }

  next(): true {
    this.#index += 1;
    return true;
  }

  /** @returns whether there is a next entry */
  async advance(): Promise<boolean> {
    while (!this.hasNext) {
      const next = await this.#pages.next();
      if (next.done === true) return false;
      this.#page = next.value;
      this.#index = -1;
    }
    return this.next();
  }

  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}

/** A binary heap: every cursor's key comes before those of the two below it. */
class CursorHeap {
  readonly #cursors: RunCursor[] = [];

  get first(): RunCursor | undefined {
    return this.#cursors[0];
  }

  push(cursor: RunCursor): void {
    this.#cursors.push(cursor);
    for (let at = this.#cursors.length - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  dropFirst(): void {
    const last = this.#cursors.pop();
    if (last === undefined || this.#cursors.length === 0) return;
    this.#cursors[0] = last;
    this.sink();
  }

  /** Moves the first cursor, which has advanced, to its new position. */
  sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < this.#cursors.length && this.#isBefore(left, least)) least = left;
      if (right < this.#cursors.length && this.#isBefore(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(left: number, right: number): boolean {
    return compareKeys(this.#cursors[left]?.key ?? '', this.#cursors[right]?.key ?? '') < 0;
  }

  #swap(left: number, right: number): void {
    const [one, other] = [this.#cursors[left], this.#cursors[right]];
    if (one === undefined || other === undefined) return;
    this.#cursors[left] = other;
    this.#cursors[right] = one;
  }
}
