import { crc32, crc32ToHex } from './checksum.ts';
import { CorruptArchiveError, ObjectChecksumError } from './errors.ts';
import { TAR_BLOCK, TAR_END } from './format.ts';
import type { FrameSlice } from './plan-frames.ts';
import { verifyMemberHeader, writeMemberHeader } from './tar-header.ts';

/** A planned slice with the contents of its header. */
export interface NamedSlice extends Omit<FrameSlice, 'member' | 'start'> {
  readonly name: string;
  /** Bytes of the whole object; more than `length` when it spans frames. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

export interface AssembledFrame {
  /** Tar bytes of the frame, from the start of the buffer. */
  readonly size: number;
  /** Where each slice now begins, in the given order. */
  readonly offsets: readonly number[];
  /** CRC-32 of the object bytes of each slice. */
  readonly checksums: readonly number[];
}

/**
 * Turns a buffer whose object bytes are at their planned offsets into the tar bytes of a frame: writes headers and
 * padding, and closes the gaps of members that could not be read (they are simply not in `slices`).
 *
 * @param slices in ascending order of `offset`
 * @param endsTar whether the end of the tar follows the last slice
 */
export function assembleFrame(buffer: Uint8Array, slices: readonly NamedSlice[], endsTar = false): AssembledFrame {
  const offsets: number[] = [];
  const checksums: number[] = [];
  let at = 0;
  for (const slice of slices) {
    const plannedData = slice.offset + slice.headerLength;
    const data = at + slice.headerLength;
    if (data !== plannedData) buffer.copyWithin(data, plannedData, plannedData + slice.length);
    offsets.push(at);
    if (slice.headerLength > 0) writeMemberHeader(buffer, at, slice);
    checksums.push(crc32(buffer.subarray(data, data + slice.length)));
    at = data + slice.length + slice.padding;
    buffer.fill(0, at - slice.padding, at);
  }
  if (endsTar) {
    buffer.fill(0, at, at + TAR_END);
    at += TAR_END;
  }
  return { size: at, offsets, checksums };
}

/** A slice as the manifest describes it, and the checksum of its bytes if the frame holds all of them. */
export interface ExpectedSlice extends Omit<NamedSlice, 'modified'> {
  readonly crc32?: number;
}

/**
 * Checks decompressed tar bytes against the slices that the manifest promises: headers, padding, checksums.
 * @returns the CRC-32 of the object bytes of each slice
 * @throws CorruptArchiveError, ObjectChecksumError
 */
export function verifyFrame(bytes: Uint8Array, slices: readonly ExpectedSlice[]): number[] {
  return slices.map((slice) => {
    const data = slice.offset + slice.headerLength;
    const end = data + slice.length;
    if (end + slice.padding > bytes.length) throw corruptMember(slice.name, 'ends beyond its frame');
    if (slice.headerLength > 0) verifyMemberHeader(bytes, slice.offset, slice);
    if (!isZero(bytes, end, end + slice.padding)) throw corruptMember(slice.name, 'is not followed by zeros');
    const checksum = crc32(bytes.subarray(data, end));
    if (slice.crc32 !== undefined && slice.crc32 !== checksum)
      throw checksumMismatchError(slice.name, slice.crc32, checksum);
    return checksum;
  });
}

/** Whether the bytes from `start` to `end` (at most a tar's end apart, which is the longest run of zeros) are zero. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  return Buffer.compare(bytes.subarray(start, end), ZEROS.subarray(0, end - start)) === 0;
}

const ZEROS = new Uint8Array(TAR_END + TAR_BLOCK);

function corruptMember(member: string, what: string): CorruptArchiveError {
  return new CorruptArchiveError(`Member "${member}" ${what}`, { context: { member } });
}

export function checksumMismatchError(member: string, expected: number, actual: number): ObjectChecksumError {
  const [want, got] = [crc32ToHex(expected), crc32ToHex(actual)];
  return new ObjectChecksumError(
    `The bytes of member "${member}" have CRC-32 ${got}, but the source recorded ${want}`,
    {
      context: { member, expected: want, actual: got },
    },
  );
}
