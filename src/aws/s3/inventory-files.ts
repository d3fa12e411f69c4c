import type { InventoryFile, InventoryFiles } from '../../inventory/dependencies.ts';
import { ObjectNotFoundError } from '../../storage/errors.ts';
import type { ObjectHeadReader, ObjectReader } from '../../storage/object-store.ts';

/** Data files of an inventory in a bucket. Reads are pinned to the version that existed when the file was opened. */
export class S3InventoryFiles implements InventoryFiles {
  readonly #store: ObjectReader & ObjectHeadReader;
  readonly #bucket: string;
  readonly #signal: AbortSignal | undefined;

  constructor(store: ObjectReader & ObjectHeadReader, bucket: string, signal?: AbortSignal) {
    this.#store = store;
    this.#bucket = bucket;
    this.#signal = signal;
  }

  /** @throws ObjectNotFoundError, and what a read throws */
  async open(key: string): Promise<InventoryFile> {
    const location = { bucket: this.#bucket, key };
    const signal = this.#signal;
    const found = await this.#store.head(location, signal);
    if (found === undefined) {
      throw new ObjectNotFoundError(`s3://${this.#bucket}/${key}, which the inventory names, does not exist.`, {
        context: location,
      });
    }
    const { etag, size } = found;
    return {
      size,
      read: async (start, length) => {
        const into = new Uint8Array(length);
        await this.#store.read({ ...location, etag, into, start, ...(signal === undefined ? {} : { signal }) });
        return into;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}
