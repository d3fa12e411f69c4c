import { KIB } from '../units.ts';
import { ArchiveTooLargeError, CorruptArchiveError, UnsupportedArchiveError } from './errors.ts';
import {
  MAX_FRAMES,
  SEEK_TABLE_CHECKSUM_FLAG,
  SEEK_TABLE_ENTRY_SIZE,
  SEEK_TABLE_FOOTER_SIZE,
  SEEK_TABLE_MAGIC,
  SEEK_TABLE_RESERVED_BITS,
  SEEK_TABLE_SKIPPABLE_MAGIC,
  SKIPPABLE_HEADER_SIZE,
} from './format.ts';
import type { FrameSize } from './frame-entry.ts';
import { FrameTable } from './frame-table.ts';

/**
 * The skippable frame that closes an archive: Zstandard Seekable Format 0.1.0, without per-frame checksums.
 * Little-endian: magic, content length, (compressed, decompressed) per frame, number of frames, descriptor, magic.
 */
export function encodeSeekTable(frames: Iterable<FrameSize> & { readonly length: number }): Buffer {
  const content = frames.length * SEEK_TABLE_ENTRY_SIZE + SEEK_TABLE_FOOTER_SIZE;
  const bytes = Buffer.alloc(SKIPPABLE_HEADER_SIZE + content);
  bytes.writeUInt32LE(SEEK_TABLE_SKIPPABLE_MAGIC, 0);
  bytes.writeUInt32LE(content, 4);
  let at = SKIPPABLE_HEADER_SIZE;
  for (const { compressed, decompressed } of frames) {
    bytes.writeUInt32LE(compressed, at);
    bytes.writeUInt32LE(decompressed, at + 4);
    at += SEEK_TABLE_ENTRY_SIZE;
  }
  bytes.writeUInt32LE(frames.length, bytes.length - SEEK_TABLE_FOOTER_SIZE);
  bytes.writeUInt8(0, bytes.length - 5);
  bytes.writeUInt32LE(SEEK_TABLE_MAGIC, bytes.length - 4);
  return bytes;
}

/**
 * Bytes of the seek table frame at the end of an archive, read from its last bytes.
 * @param tail at least the last 9 bytes of the archive, if it has as many
 * @param archive names the archive in errors
 * @returns undefined when the archive does not end in a seek table (one of the public implementation)
 */
export function seekTableLength(tail: Uint8Array, archive: string): number | undefined {
  if (tail.length < SEEK_TABLE_FOOTER_SIZE) return undefined;
  const footer = Buffer.from(
    tail.buffer,
    tail.byteOffset + tail.length - SEEK_TABLE_FOOTER_SIZE,
    SEEK_TABLE_FOOTER_SIZE,
  );
  if (footer.readUInt32LE(5) !== SEEK_TABLE_MAGIC) return undefined;
  const frames = footer.readUInt32LE(0);
  const descriptor = footer.readUInt8(4);
  if ((descriptor & SEEK_TABLE_RESERVED_BITS) !== 0) {
    throw new UnsupportedArchiveError(`The seek table of ${archive} has unknown flags`, {
      context: { archive, descriptor },
    });
  }
  if (frames > MAX_FRAMES) {
    throw new ArchiveTooLargeError(`${archive} declares ${frames} frames, but at most ${MAX_FRAMES} are read`, {
      context: { archive, frames },
    });
  }
  return SKIPPABLE_HEADER_SIZE + frames * entrySize(descriptor) + SEEK_TABLE_FOOTER_SIZE;
}

/**
 * The frames of an archive. They are read from `table` as long as they are used.
 * @param table the last `seekTableLength` bytes of the archive
 * @param archiveSize bytes of the whole archive: the frames must exactly fill the bytes before the table
 * @throws CorruptArchiveError, UnsupportedArchiveError, ArchiveTooLargeError
 */
export function decodeSeekTable(table: Uint8Array, archiveSize: number, archive: string): FrameTable {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.length);
  const corrupt = (what: string): CorruptArchiveError =>
    new CorruptArchiveError(`The seek table of ${archive} ${what}`, { context: { archive, archiveSize } });
  if (bytes.length !== seekTableLength(bytes, archive)) throw corrupt('is cut short');
  if (bytes.readUInt32LE(0) !== SEEK_TABLE_SKIPPABLE_MAGIC) throw corrupt('is not in a skippable frame');
  if (bytes.readUInt32LE(4) !== bytes.length - SKIPPABLE_HEADER_SIZE) throw corrupt('has the wrong length');
  const entries = bytes.subarray(SKIPPABLE_HEADER_SIZE, bytes.length - SEEK_TABLE_FOOTER_SIZE);
  const frames = new FrameTable(entries, entrySize(bytes.readUInt8(bytes.length - 5)));
  if (frames.end + bytes.length !== archiveSize) {
    throw corrupt(`adds up to ${frames.end + bytes.length} bytes, but the archive has ${archiveSize}`);
  }
  refuseOversized(frames, archive);
  return frames;
}

function refuseOversized(frames: FrameTable, archive: string): void {
  let frame = 0;
  for (const { compressed, decompressed } of frames) {
    if (compressed > largestCompressed(decompressed)) {
      throw new ArchiveTooLargeError(
        `Frame ${frame} of ${archive} has ${compressed} bytes for ${decompressed} of content, more than zstd needs`,
        { context: { archive, frame, compressed, decompressed } },
      );
    }
    frame += 1;
  }
}

/** zstd's own bound for a frame made in one pass (ZSTD_COMPRESSBOUND of zstd.h). It limits what readers fetch. */
function largestCompressed(decompressed: number): number {
  const small = Math.max(0, 128 * KIB - decompressed);
  return decompressed + Math.floor(decompressed / 256) + Math.floor(small / 2048);
}

function entrySize(descriptor: number): number {
  return SEEK_TABLE_ENTRY_SIZE + ((descriptor & SEEK_TABLE_CHECKSUM_FLAG) === 0 ? 0 : 4);
}
