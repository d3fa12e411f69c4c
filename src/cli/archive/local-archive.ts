import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ObjectSizeError } from '../../storage/errors.ts';
import type { ObjectReader, ReadRequest } from '../../storage/object-store.ts';
import type { ObjectDescription } from '../../storage/stored-object.ts';
import { UnreadableArchiveError } from './errors.ts';

/** A file has no ETag; reads are not pinned. */
export const LOCAL_ETAG = 'file';

/** A file, read through the storage port so that one archive reader serves files and S3. */
export class LocalArchive implements ObjectReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #modified: Date;
  /** Size in bytes when it was opened. */
  readonly size: number;

  private constructor(file: FileHandle, path: string, size: number, modified: Date) {
    this.#file = file;
    this.#path = path;
    this.size = size;
    this.#modified = modified;
  }

  /** @throws UnreadableArchiveError for a folder or a device, and errors of node:fs */
  static async open(path: string): Promise<LocalArchive> {
    const absolute = resolve(path);
    const file = await open(absolute, 'r');
    const stat = await file.stat();
    if (stat.isFile()) return new LocalArchive(file, path, stat.size, stat.mtime);
    await file.close();
    throw new UnreadableArchiveError(`${path} is not a file. Name one archive, such as archive.tar.zst.`, {
      context: { path },
    });
  }

  async read({ into, start = 0 }: ReadRequest): Promise<ObjectDescription> {
    let filled = 0;
    while (filled < into.byteLength) {
      const { bytesRead } = await this.#file.read(into, filled, into.byteLength - filled, start + filled);
      if (bytesRead === 0) {
        throw new ObjectSizeError(`${this.#path} became shorter while it was being read`, {
          context: { path: this.#path },
        });
      }
      filled += bytesRead;
    }
    return {
      size: this.size,
      etag: LOCAL_ETAG,
      lastModified: this.#modified,
      headers: {},
      metadata: {},
      storageClass: 'STANDARD',
      tagCount: 0,
      missingMetadata: 0,
    };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
