import { zstdDecompressSync } from 'node:zlib';
import { CorruptArchiveError } from '../../../archive/errors.ts';
import type { FrameEntry, FrameList } from '../../../archive/frame-entry.ts';
import { decodeManifest, type Manifest } from '../../../archive/manifest.ts';
import { manifestBytes, manifestFrame } from '../../../archive/plan-restore.ts';
import { decodeSeekTable, seekTableLength } from '../../../archive/seek-table.ts';
import { KIB } from '../../../units.ts';

/** Ranged reads of one archive. */
export interface ArchiveBytes {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  read(start: number, length: number): Promise<Uint8Array>;
}

/** A generous guess at the size of a seek table, so that one read is nearly always enough. */
const TAIL_BYTES = 64 * KIB;

/** The frames of an archive; the last one is the manifest's. @throws CorruptArchiveError */
export async function readFrames(archive: ArchiveBytes): Promise<FrameList> {
  const tail = await readEnd(archive, TAIL_BYTES);
  const length = seekTableLength(tail, archive.name);
  if (length === undefined) {
    throw new CorruptArchiveError(`${archive.name} does not end in a seek table`, {
      context: { archive: archive.name },
    });
  }
  const table = length <= tail.byteLength ? tail.subarray(tail.byteLength - length) : await readEnd(archive, length);
  return decodeSeekTable(table, archive.size, archive.name);
}

export async function readManifest(archive: ArchiveBytes, frames: FrameList): Promise<Manifest> {
  const frame = await readArchiveFrame(archive, manifestFrame(frames, archive.name));
  return decodeManifest(manifestBytes(frame, archive.name), archive.name);
}

/** The tar bytes of a frame, decompressed with a zstd other than the one that wrote it. */
export async function readArchiveFrame(archive: ArchiveBytes, entry: FrameEntry): Promise<Uint8Array> {
  return zstdDecompressSync(await archive.read(entry.offset, entry.compressed));
}

function readEnd(archive: ArchiveBytes, length: number): Promise<Uint8Array> {
  const available = Math.min(length, archive.size);
  return archive.read(archive.size - available, available);
}
