import * as z from 'zod';
import { tryParseJson } from '../json.ts';
import type { ArchivePart } from './archive-upload.ts';

/** A part of an archive with one object, and the numbers needed to resume after it. */
export interface PackedPart extends ArchivePart {
  /** CRC-32 of the object's bytes up to the end of this part. */
  readonly objectCrc32: number;
}

/**
 * The state of an interrupted archive that S3 does not report: the size of each compressed frame, which the seek table
 * needs, and the checksum of the object so far.
 */
export interface PackingProgress {
  /** Empty while there is no upload. */
  readonly uploadId: string;
  /** Frames that the object is cut into: another number means another layout. */
  readonly plannedFrames: number;
  readonly parts: readonly PackedPart[];
  /** Compressed bytes of each frame of the parts. */
  readonly frameSizes: Uint32Array;
}

const wholeCount = z.int().nonnegative();
const record = z.object({
  version: z.literal(1),
  uploadId: z.string(),
  plannedFrames: wholeCount,
  /** frames, size, crc32, objectCrc32 */
  parts: z.array(z.tuple([wholeCount, wholeCount, wholeCount, wholeCount])),
  frameSizes: z.base64(),
});

export function encodeProgress({ uploadId, plannedFrames, parts, frameSizes }: PackingProgress): Buffer {
  const sizes = Buffer.alloc(4 * frameSizes.length);
  for (const [index, size] of frameSizes.entries()) sizes.writeUInt32LE(size, 4 * index);
  return Buffer.from(
    JSON.stringify({
      version: 1,
      uploadId,
      plannedFrames,
      parts: parts.map(({ frames, size, crc32, objectCrc32 }) => [frames, size, crc32, objectCrc32]),
      frameSizes: sizes.toString('base64'),
    } satisfies z.input<typeof record>),
  );
}

/** @returns undefined for a record of another version, or an inconsistent one: then the archive starts over */
export function decodeProgress(bytes: Buffer): PackingProgress | undefined {
  const parsed = record.safeParse(tryParseJson(bytes.toString()));
  if (!parsed.success) return undefined;
  const { uploadId, plannedFrames } = parsed.data;
  const sizes = Buffer.from(parsed.data.frameSizes, 'base64');
  const frameSizes = Uint32Array.from({ length: Math.floor(sizes.length / 4) }, (_, index) =>
    sizes.readUInt32LE(4 * index),
  );
  const parts = parsed.data.parts.map(([frames, size, crc32, objectCrc32]) => ({ frames, size, crc32, objectCrc32 }));
  return addsUp(parts, frameSizes) ? { uploadId, plannedFrames, parts, frameSizes } : undefined;
}

function addsUp(parts: readonly PackedPart[], frameSizes: Uint32Array): boolean {
  let at = 0;
  for (const { frames, size } of parts) {
    let sum = 0;
    for (const end = at + frames; at < end; at += 1) sum += frameSizes[at] ?? Number.NaN;
    if (sum !== size) return false;
  }
  return at === frameSizes.length;
}
