import type { ObjectEntry } from '../listing/dependencies.ts';
import { compareKeys } from '../listing/key-order.ts';
import type { InventoryFiles, RunFiles } from './dependencies.ts';
import type { InventoryManifest } from './manifest.ts';
import { mergeRuns, type SortedRun } from './merge-runs.ts';
import { readInventory } from './read-inventory.ts';

export interface SortedInventoryOptions {
  /** Entries that are sorted in memory, of 200 to 300 bytes each. */
  readonly entriesInMemory?: number;
  /** Runs that are merged at the same time: each is an open file. */
  readonly runsAtOnce?: number;
  /** Called with the number of entries read so far whenever a run is complete. */
  readonly onSorted?: (entries: number) => void;
}

const ENTRIES_IN_MEMORY = 500_000;
const RUNS_AT_ONCE = 256;

/**
 * An inventory in the order of keys, which S3 does not guarantee: it is sorted in runs that fit into memory, which are
 * merged from files. An inventory that fits into memory as a whole is not written to files.
 */
export class SortedInventory {
  readonly #manifest: InventoryManifest;
  readonly #files: InventoryFiles;
  readonly #runFiles: RunFiles;
  readonly #options: SortedInventoryOptions;

  constructor(
    manifest: InventoryManifest,
    files: InventoryFiles,
    runFiles: RunFiles,
    options: SortedInventoryOptions = {},
  ) {
    this.#manifest = manifest;
    this.#files = files;
    this.#runFiles = runFiles;
    this.#options = options;
  }

  /** Milliseconds since 1970 at which S3 began to list. */
  get created(): number {
    return this.#manifest.created;
  }

  /**
   * Entries whose keys begin with the prefix, after a key, in the order of keys. The first comes only after all data
   * files are read.
   * @throws InvalidInventoryError, the errors of the storage port and of the run files, the reason of the signal
   */
  async *read(
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ObjectEntry[], void> {
    const { entriesInMemory = ENTRIES_IN_MEMORY, runsAtOnce = RUNS_AT_ONCE, onSorted } = this.#options;
    let runs: SortedRun[] = [];
    let entries: ObjectEntry[] = [];
    let sorted = 0;
    for await (const page of readInventory(this.#manifest, this.#files)) {
      signal.throwIfAborted();
      for (const entry of page) {
        if (!entry.key.startsWith(prefix)) continue;
        if (after === undefined || compareKeys(entry.key, after) > 0) entries.push(entry);
      }
      if (entries.length < entriesInMemory) continue;
      runs.push(await this.#runFiles.write(inPages(sortEntries(entries))));
      sorted += entries.length;
      onSorted?.(sorted);
      entries = [];
      if (runs.length >= runsAtOnce) runs = [await this.#runFiles.write(mergeRuns(runs))];
    }
    yield* mergeRuns([...runs, inPages(sortEntries(entries))]);
  }
}

function sortEntries(entries: ObjectEntry[]): ObjectEntry[] {
  return entries.sort((left, right) => compareKeys(left.key, right.key));
}

const PAGE = 1000;

async function* inPages(entries: readonly ObjectEntry[]): AsyncGenerator<readonly ObjectEntry[], void> {
  for (let at = 0; at < entries.length; at += PAGE) {
    await Promise.resolve();
    yield entries.slice(at, at + PAGE);
  }
}
