import { BufferPool } from '../../compression/buffer-pool.ts';
import { COMPRESSED_BUFFER_SIZE, type FrameBuffers, TAR_BUFFER_SIZE } from '../../restoring/dependencies.ts';

/** One object, as described by its archive. */
export interface ArchiveEntry {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly storageClass: string;
  /** CRC-32 of the bytes at the source, eight hex digits; absent in archives of the public implementation. */
  readonly crc32?: string;
  /** ISO 8601 time of the write at the source, if the archive has it. */
  readonly time?: string;
  /** Counts from 0; absent if the archive has no seek table. */
  readonly frame?: number;
}

export interface ArchiveFacts {
  /** `seekable`: of this product; `stream`: of the public implementation. */
  readonly format: 'seekable' | 'stream';
  /** Of the format; absent for the public implementation's. */
  readonly version?: string;
  readonly rule?: string;
  readonly level?: number;
  /** zstd frames that hold objects, if there is a seek table. */
  readonly frames?: number;
  /** Keys that it deletes; absent if there are none. */
  readonly deletions?: number;
}

/** Some of an object's bytes, which are valid until the visit ends. */
export interface EntryChunk {
  /** Index of the object in `entries`. */
  readonly index: number;
  /** First byte of the chunk in the object. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

export interface DamagedEntry {
  readonly entry: ArchiveEntry;
  /** The problem in one sentence. */
  readonly reason: string;
}

export interface ReadableArchive {
  readonly facts: ArchiveFacts;
  readonly entries: readonly ArchiveEntry[];
  /**
   * Reads objects in the order of the archive, each from its first byte to its last, and compares their checksums.
   * Frames that hold none of the wanted objects are not read.
   * @param wanted which objects; undefined: all
   * @returns the damaged ones; all others were visited completely @throws errors of the visit and of the storage port
   */
  read(
    wanted: ((index: number) => boolean) | undefined,
    visit: (chunk: EntryChunk) => Promise<void>,
  ): Promise<DamagedEntry[]>;
}

/** One frame at a time: a command has one reader. */
export function createCommandBuffers(): FrameBuffers {
  return {
    compressed: new BufferPool(COMPRESSED_BUFFER_SIZE, 1),
    tar: new BufferPool(TAR_BUFFER_SIZE, 1),
  };
}
