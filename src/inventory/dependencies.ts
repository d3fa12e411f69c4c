import type { ObjectEntry } from '../listing/dependencies.ts';

/** A data file of an inventory, open for ranged reads. */
export interface InventoryFile extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes, as a copy. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The data files of an inventory. */
export interface InventoryFiles {
  /** @param key as in the manifest */
  open(key: string): Promise<InventoryFile>;
}

/** Stores sorted runs of an inventory that is larger than memory. */
export interface RunFiles {
  /** Stores the entries, which can then be read once. */
  write(pages: AsyncIterable<readonly ObjectEntry[]>): Promise<AsyncIterable<readonly ObjectEntry[]>>;
}
