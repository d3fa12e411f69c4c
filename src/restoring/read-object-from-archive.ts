import { combineCrc32 } from '../archive/checksum.ts';
import { checksumMismatch } from '../archive/frame-bytes.ts';
import type { ManifestObject } from '../archive/manifest.ts';
import { expectedSlice } from './expected-slice.ts';
import type { OpenedArchive } from './open-archive.ts';
import { type FrameAccess, useFrame } from './use-frame.ts';

export interface ArchivedObject {
  readonly object: ManifestObject;
  readonly bytes: Uint8Array;
}

/**
 * Reads one object of an archive: only its own frames are read, with one ranged GET each (besides the one or two of
 * `openArchive`). The whole object is then in memory.
 * @returns undefined if the key is not in the manifest
 * @throws ArchiveGoneError, the errors of src/archive and of the storage port
 */
export async function readObjectFromArchive(
  opened: OpenedArchive,
  key: string,
  access: FrameAccess,
): Promise<ArchivedObject | undefined> {
  const { manifest, frames } = opened;
  const member = manifest.objects.findIndex((object) => object.key === key);
  const object = manifest.objects[member];
  if (object === undefined) return undefined;
  const bytes = new Uint8Array(object.size);
  let crc32 = 0;
  for (const { entry, slices } of frames) {
    const slice = slices.find((candidate) => candidate.member === member);
    if (slice === undefined) continue;
    const input = await access.buffers.compressed.acquire();
    const request = { opened, entry, input, slices: [expectedSlice(slice, object)] };
    const part = await useFrame(request, access, ({ tar, checksums: [checksum = 0] }) => {
      const start = slice.offset + slice.headerLength;
      bytes.set(tar.subarray(start, start + slice.length), slice.start);
      return Promise.resolve(checksum);
    });
    crc32 = combineCrc32(crc32, part, slice.length);
  }
  const expected = Number.parseInt(object.crc32, 16);
  if (crc32 !== expected) throw checksumMismatch(key, expected, crc32);
  return { object, bytes };
}
