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
