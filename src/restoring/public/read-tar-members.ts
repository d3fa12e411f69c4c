import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { extract } from 'tar-stream';
import { CorruptArchiveError } from '../../archive/errors.ts';
import { decompressStream } from '../../compression/decompress-stream.ts';
import { CompressorError } from '../../errors.ts';
import type { ObjectReader } from '../../storage/object-store.ts';
import { GIB, MIB } from '../../units.ts';
import { type ArchiveVersion, archiveName, type RestoreRun, type RestoringLimits } from '../dependencies.ts';
import { ArchiveOverLimitsError } from '../errors.ts';
import { readArchiveRange } from '../read-archive-range.ts';

/** Bytes of one ranged read. */
const PIECE_SIZE = 8 * MIB;

/** Bytes of tar between two pauses, in which the main thread does its other work: heartbeats, other archives. */
const PAUSE_BYTES = 8 * MIB;
/**
 * Max bytes of tar in a task, which has no other limit: 80 GiB, and for larger archives a thousand times their size.
 * Text and logs are far below that.
 */
const FREE_BYTES = 80 * GIB;
const MAX_RATIO = 1000;

/** A regular file in a tar. Its body must be read to its end before the next member. */
export interface StreamedMember {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The dependencies for reading an archive from start to end, provided by a restore or a command. */
export interface StreamAccess extends Pick<RestoreRun, 'buffers' | 'signal'> {
  readonly store: ObjectReader;
  readonly limits: Pick<RestoringLimits, 'maxRestoredBytes'>;
}

/**
 * Reads an archive from its first byte to its last as a compressed tar, and shows each regular file to `visit` in turn.
 * An archive without a seek table allows nothing else. Memory is limited to one piece, zstd's window and one chunk of
 * tar.
 * @throws CorruptArchiveError, ArchiveOverLimitsError, ArchiveGoneError, the storage port's errors, errors of `visit`
 */
export async function readTarMembers(
  archive: ArchiveVersion,
  access: StreamAccess,
  visit: (member: StreamedMember) => Promise<void>,
): Promise<void> {
  const tar = extract();
  const input = Readable.from(tarBytes(archive, access), { objectMode: false });
  input.on('error', (error) => {
    tar.destroy(error);
  });
  input.pipe(tar);
  try {
    for await (const entry of tar) {
      const { name, size, type } = entry.header;
      if (type === 'file' || type === 'contiguous-file')
        await visit({ name, size, body: entry as AsyncIterable<Uint8Array> });
      entry.resume();
    }
  } catch (cause) {
    if (cause instanceof CompressorError) throw cause;
    const name = archiveName(archive);
    throw new CorruptArchiveError(`${name} does not hold a valid tar`, { cause, context: { archive: name } });
  } finally {
    input.destroy();
  }
}

async function* tarBytes(archive: ArchiveVersion, access: StreamAccess): AsyncGenerator<Uint8Array> {
  const name = archiveName(archive);
  const limit = Math.min(access.limits.maxRestoredBytes, Math.max(FREE_BYTES, MAX_RATIO * archive.size));
  let total = 0;
  let nextPause = PAUSE_BYTES;
  for await (const chunk of decompressStream(archivePieces(archive, access), name)) {
    total += chunk.length;
    if (total > limit) {
      throw new ArchiveOverLimitsError(`${name} restores to more than the ${limit} bytes that are allowed here`, {
        context: { archive: name, limit },
      });
    }
    if (total >= nextPause) {
      nextPause = total + PAUSE_BYTES;
      await setImmediate();
      access.signal.throwIfAborted();
    }
    yield chunk;
  }
}

async function* archivePieces(archive: ArchiveVersion, access: StreamAccess): AsyncGenerator<Uint8Array> {
  const { store, buffers, signal } = access;
  const buffer = await buffers.compressed.acquire();
  try {
    for (let start = 0; start < archive.size; start += PIECE_SIZE) {
      signal.throwIfAborted();
      const piece = new Uint8Array(buffer, 0, Math.min(PIECE_SIZE, archive.size - start));
      await readArchiveRange(store, archive, start, piece, signal);
      yield piece;
    }
  } finally {
    buffers.compressed.release(buffer);
  }
}
