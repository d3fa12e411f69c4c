import type { ObjectEntry } from '../listing/dependencies.ts';

/** A data file of an inventory, open for ranged reads. */
export interface InventoryFile extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes, in memory of their own. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where the data files of an inventory are. */
export interface InventoryFiles {
  /** @param key as the manifest names it */
  open(key: string): Promise<InventoryFile>;
}

/** Where sorted parts of an inventory are kept that memory does not hold. */
export interface RunFiles {
  /** Keeps the entries, and reads them again, once. */
  write(pages: AsyncIterable<readonly ObjectEntry[]>): Promise<AsyncIterable<readonly ObjectEntry[]>>;
}
