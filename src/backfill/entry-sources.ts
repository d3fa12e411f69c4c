import type { InventoryFiles } from '../inventory/dependencies.ts';
import { InvalidInventoryError } from '../inventory/errors.ts';
import type { InventoryManifest } from '../inventory/manifest.ts';
import { readInventory } from '../inventory/read-inventory.ts';
import type { ObjectPager } from '../listing/dependencies.ts';
import { listObjects } from '../listing/list-objects.ts';
import type { EntryPage, EntrySource } from './dependencies.ts';
import { InvalidCheckpointError } from './errors.ts';

const POSITION = /^(\d+):(\d+)$/;

/** The live bucket, in the order of keys. A position is the key itself. */
export class ListingSource implements EntrySource {
  readonly #pager: ObjectPager;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(pager: ObjectPager, bucket: string, prefix: string) {
    this.#pager = pager;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async *read(after: string | undefined, signal: AbortSignal): AsyncGenerator<EntryPage, void> {
    const pages = listObjects(this.#pager, {
      bucket: this.#bucket,
      prefixes: [this.#prefix],
      order: 'key',
      signal,
      ...(after === undefined ? {} : { startAfter: after }),
    });
    for await (const entries of pages) yield { entries, positionAfter: (index) => entries[index]?.key ?? '' };
  }
}

/** An inventory of the bucket. A position is `<data file>:<number of objects>`, since its keys are not sorted. */
export class InventorySource implements EntrySource {
  readonly #manifest: InventoryManifest;
  readonly #files: InventoryFiles;
  /** Number of the data file that could not be read to its end. */
  #damaged: number | undefined;

  constructor(manifest: InventoryManifest, files: InventoryFiles) {
    this.#manifest = manifest;
    this.#files = files;
  }

  async *read(after: string | undefined, signal: AbortSignal): AsyncGenerator<EntryPage, void> {
    const { files } = this.#manifest;
    const [firstFile, skipped] = readPosition(after, files.length);
    for (const [number, file] of files.entries()) {
      if (number < firstFile) continue;
      let row = 0;
      try {
        for await (const page of readInventory({ ...this.#manifest, files: [file] }, this.#files)) {
          signal.throwIfAborted();
          const done = number === firstFile ? Math.min(page.length, Math.max(0, skipped - row)) : 0;
          const first = row + done;
          row += page.length;
          if (done < page.length) {
            yield { entries: page.slice(done), positionAfter: (index) => `${number}:${first + index + 1}` };
          }
        }
      } catch (thrown) {
        if (thrown instanceof InvalidInventoryError) this.#damaged = number;
        throw thrown;
      }
    }
  }

  /** The beginning of a damaged data file: other rows may be there once it is fixed. */
  rewind(position: string): string {
    const [file] = readPosition(position, this.#manifest.files.length);
    return file === this.#damaged ? `${file}:0` : position;
  }
}

function readPosition(position: string | undefined, files: number): readonly [file: number, objects: number] {
  if (position === undefined) return [0, 0];
  const [, file, objects] = POSITION.exec(position) ?? [];
  if (file !== undefined && objects !== undefined && Number(file) < files) return [Number(file), Number(objects)];
  throw new InvalidCheckpointError(`"${position}" is not a position in this inventory. Start over with --restart.`);
}
