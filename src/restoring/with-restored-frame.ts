import { ArchiveTooLargeError } from '../archive/errors.ts';
import type { ExpectedSlice } from '../archive/frame-bytes.ts';
import type { FrameEntry } from '../archive/frame-entry.ts';
import type { RestoredFrame } from '../compression/frame-contract.ts';
import { archiveName, type FrameBuffers } from './dependencies.ts';
import { type ArchiveAccess, type OpenedArchive, readFrame } from './open-archive.ts';

export interface FrameAccess extends ArchiveAccess {
  readonly buffers: FrameBuffers;
}

export interface FrameRequest {
  readonly opened: Pick<OpenedArchive, 'archive' | 'tail'>;
  readonly entry: FrameEntry;
  /** Checked in the pool, all or nothing. */
  readonly slices: readonly ExpectedSlice[];
  /** A buffer of `buffers.compressed`; always returned. Holding it is the permission for the ranged read. */
  readonly input: ArrayBuffer;
}

/** Tar bytes of a frame, for as long as `use` runs. */
export interface FrameInUse {
  readonly tar: Uint8Array;
  /** CRC-32 of the object bytes of each requested slice. */
  readonly checksums: readonly number[];
  readonly cpuSeconds: number;
}

/**
 * Fetches a frame, restores it in the pool and lends its bytes. The next frame can be fetched while the objects of this
 * one are written, since the compressed buffer is returned in between.
 * @throws ArchiveGoneError, ArchiveTooLargeError, CorruptArchiveError, ObjectChecksumError, WorkerLostError, the errors
 * of the storage port, and errors of `use`
 */
export async function withRestoredFrame<T>(
  request: FrameRequest,
  access: FrameAccess,
  use: (frame: FrameInUse) => Promise<T>,
): Promise<T> {
  const { tar } = access.buffers;
  const { output, ...restored } = await restoreFrame(request, access);
  try {
    return await use({ ...restored, tar: new Uint8Array(output, 0, request.entry.decompressed) });
  } finally {
    tar.release(output);
  }
}

/**
 * A buffer is transferred to the worker and returns as another object, so each exit path releases the one that it has.
 */
async function restoreFrame(request: FrameRequest, access: FrameAccess): Promise<RestoredFrame> {
  const { opened, entry, slices } = request;
  const { compressed, decompressed } = entry;
  const { buffers, pool, signal } = access;
  let { input } = request;
  try {
    if (compressed > input.byteLength) throw frameTooLarge(opened, entry, input.byteLength);
    await readFrame(opened, entry, new Uint8Array(input, 0, compressed), access);
    const output = await buffers.tar.acquire();
    try {
      signal?.throwIfAborted();
      const restored = await pool.restore({ kind: 'restore', input, compressed, output, decompressed, slices });
      ({ input } = restored);
      return restored;
    } catch (error) {
      buffers.tar.release(output);
      throw error;
    }
  } finally {
    buffers.compressed.release(input);
  }
}

function frameTooLarge({ archive }: FrameRequest['opened'], entry: FrameEntry, limit: number): ArchiveTooLargeError {
  const name = archiveName(archive);
  return new ArchiveTooLargeError(
    `The frame at byte ${entry.offset} of ${name} takes ${entry.compressed} bytes compressed, but at most ${limit} are read`,
    { context: { archive: name, offset: entry.offset, size: entry.compressed, limit } },
  );
}
