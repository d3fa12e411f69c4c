import { S3Client } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import { InProcessFrames } from '../../compression/in-process-frames.ts';
import type { ArchiveVersion } from '../../restoring/dependencies.ts';
import { openArchive } from '../../restoring/open-archive.ts';
import type { ObjectReader, ReadRequest } from '../../storage/object-store.ts';
import type { ObjectDescription } from '../../storage/stored-object.ts';
import { UsageError } from '../command/errors.ts';
import { UnreadableArchiveError } from './errors.ts';
import { LOCAL_ETAG, LocalArchive } from './local-archive.ts';
import { createCommandBuffers, type ReadableArchive } from './readable-archive.ts';
import { SeekableArchive } from './seekable-archive.ts';
import { StreamArchive } from './stream-archive.ts';

export interface OpenOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly signal: AbortSignal;
  /** Called for each ranged read. */
  readonly onRead?: (start: number, length: number) => void;
}

/** An open archive, and the function that closes it. */
export interface OpenReadable extends AsyncDisposable {
  readonly readable: ReadableArchive;
  /** Bytes. */
  readonly size: number;
}

interface ArchiveStore {
  readonly archive: ArchiveVersion;
  readonly store: ObjectReader;
  readonly close: () => Promise<void>;
}

/**
 * Opens an archive for reading.
 * @param name a path, or `s3://bucket/key`
 * @throws UsageError, UnreadableArchiveError, the errors of src/archive, of the storage port and of node:fs
 */
export async function openReadable(name: string, options: OpenOptions): Promise<OpenReadable> {
  const { archive, store, close } = name.startsWith('s3://')
    ? await openInS3(name, options)
    : await openArchiveFile(name);
  const reader = options.onRead === undefined ? store : new ReportingReader(store, options.onRead);
  const { signal } = options;
  const buffers = createCommandBuffers();
  const access = { store: reader, pool: new InProcessFrames(), buffers, signal };
  try {
    const opened = await openArchive(archive, access);
    // No limit: an archive that is too large for an invocation is not too large for a command.
    const limits = { maxRestoredBytes: Number.POSITIVE_INFINITY };
    const readable =
      opened === undefined
        ? await StreamArchive.open(archive, { ...access, limits })
        : new SeekableArchive(opened, access);
    return { readable, size: archive.size, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openArchiveFile(path: string): Promise<ArchiveStore> {
  const store = await LocalArchive.open(path);
  const archive = { bucket: 'file', key: path, etag: LOCAL_ETAG, size: store.size };
  return { archive, store, close: () => store.close() };
}

async function openInS3(name: string, { region, profile, signal }: OpenOptions): Promise<ArchiveStore> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(name) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UsageError(`"${name}" is not an archive in S3; write s3://bucket/key`);
  }
  const client = new S3Client({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    followRegionRedirects: true,
  });
  const store = new S3ObjectStore({ client });
  const close = async (): Promise<void> => {
    await store.close();
    client.destroy();
  };
  try {
    const found = await store.head({ bucket, key }, signal);
    if (found === undefined) {
      throw new UnreadableArchiveError(`${name} does not exist. Check the key, the region and the credentials.`, {
        context: { bucket, key },
      });
    }
    return { archive: { bucket, key, etag: found.etag, size: found.size }, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Counts reads for `--debug`. */
class ReportingReader implements ObjectReader {
  readonly #store: ObjectReader;
  readonly #report: (start: number, length: number) => void;

  constructor(store: ObjectReader, report: (start: number, length: number) => void) {
    this.#store = store;
    this.#report = report;
  }

  read(request: ReadRequest): Promise<ObjectDescription> {
    this.#report(request.start ?? 0, request.into.byteLength);
    return this.#store.read(request);
  }
}
