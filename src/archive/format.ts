import { GIB, KIB, MIB } from '../units.ts';

/**
 * Every number of the archive format. docs/format.md is the specification; this file is its only copy in code.
 *
 * An archive is: zstd frames whose decompressed bytes are one POSIX (pax) tar, then one skippable frame with the
 * seek table of the Zstandard Seekable Format 0.1.0. The last zstd frame holds `manifest.json` and the end of the tar.
 */

export const FORMAT_NAME = 's3-cross-region-compressor';
/** Readers refuse an unknown major version and ignore an unknown minor one. */
export const FORMAT_MAJOR = 1;
export const FORMAT_MINOR = 0;
/**
 * Of an archive with deletions. Readers of version 1 accept any 1.x and would ignore them, so they must not accept this
 * one.
 */
export const DELETIONS_FORMAT_MAJOR = 2;

/** Unit of tar: headers have this size, bodies are padded to it. */
export const TAR_BLOCK = 512;
/** A tar ends with two zero blocks. */
export const TAR_END = 2 * TAR_BLOCK;

/** Small objects share a frame until the next one would exceed this many tar bytes. */
export const FRAME_TARGET = 8 * MIB;
/** An object above this size has its own frames, each of which becomes one part of a multipart upload. */
export const LARGE_OBJECT = FRAME_TARGET;
/** A large object is cut into round(size / FRAME_TARGET) equal frames, so a frame has at most 1.5 targets of data. */
export const MAX_FRAME_DATA = FRAME_TARGET + FRAME_TARGET / 2;
/** Room for the tar header of one member with the longest legal name, see tar-header.ts. */
export const MAX_MEMBER_HEADER = 16 * KIB;
/** Largest decompressed size of a frame of objects. Readers refuse more, which limits their memory. */
export const MAX_FRAME_SIZE = MAX_FRAME_DATA + MAX_MEMBER_HEADER + TAR_BLOCK;
/** Largest decompressed size of the last frame, the one with the manifest: about 60,000 ordinary objects. */
export const MAX_MANIFEST_SIZE = 32 * MIB;
/** Readers refuse JSON that is nested deeper; ours has 5 levels. */
export const MAX_MANIFEST_DEPTH = 16;
/** Readers refuse more than one list or map per this many bytes: parsed, `{}` takes 20 times its two bytes. */
export const MANIFEST_BYTES_PER_CONTAINER = 8;
/**
 * Readers refuse more than one value per this many bytes: the shortest metadata entry, `["a",""],`, has two in nine.
 */
export const MANIFEST_BYTES_PER_VALUE = 4;
/** Readers refuse more different names of fields and tags: each costs the parser a shape, some 8 microseconds. */
export const MAX_MANIFEST_NAMES = 100_000;
/** S3: parts of one multipart upload. A frame is a part, until an object has more frames than this; see plan-parts.ts. */
export const MAX_PARTS = 10_000;
/** S3: every part but the last. */
export const MIN_PART_SIZE = 5 * MIB;
/** S3: every part. */
export const MAX_PART_SIZE = 5 * GIB;
/** S3: bytes of an object, "50 TB". Even in zstd's worst case, its archive is still an object that S3 accepts. */
export const MAX_OBJECT_SIZE = 50e12;
/** Readers refuse more frames than this (a seek table of 48 MB): those of the largest object, and its manifest. */
export const MAX_FRAMES = 6_000_000;

/**
 * Ends the key of each archive, including those of the public implementation. No other key in our buckets ends like
 * this.
 */
export const ARCHIVE_SUFFIX = '.tar.zst';

export const OBJECT_MEMBER_PREFIX = 'objects/';
export const MANIFEST_MEMBER = 'manifest.json';

/** https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md, little-endian on disk. */
export const ZSTD_MAGIC = 0xfd2fb528;
/** https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md */
export const SEEK_TABLE_SKIPPABLE_MAGIC = 0x184d2a5e;
export const SEEK_TABLE_MAGIC = 0x8f92eab1;
/** Skippable magic and frame size. */
export const SKIPPABLE_HEADER_SIZE = 8;
/** Number of frames (u32), descriptor (u8), magic (u32). */
export const SEEK_TABLE_FOOTER_SIZE = 9;
/** Compressed size (u32), decompressed size (u32). */
export const SEEK_TABLE_ENTRY_SIZE = 8;
/** With bit 7 of the descriptor set, an entry also has a 32-bit checksum. We write none: each frame has its own. */
export const SEEK_TABLE_CHECKSUM_FLAG = 0x80;
export const SEEK_TABLE_RESERVED_BITS = 0x7c;
