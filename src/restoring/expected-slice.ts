import type { ExpectedSlice } from '../archive/frame-bytes.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import { memberName } from '../archive/member-name.ts';
import type { FrameSlice } from '../archive/plan-frames.ts';

/** A slice with the whole object must match the source's checksum; others are checked when they are combined. */
export function expectedSlice(slice: FrameSlice, object: ManifestObject): ExpectedSlice {
  const { offset, headerLength, length, padding } = slice;
  const { size } = object;
  const expected = { name: memberName(object.key), size, offset, headerLength, length, padding };
  return length === size ? { ...expected, crc32: Number.parseInt(object.crc32, 16) } : expected;
}
