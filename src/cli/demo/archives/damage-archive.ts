import { constants, zstdCompressSync } from 'node:zlib';
import type { FrameSize } from '../../../archive/frame-entry.ts';
import { manifestFrame, planRestore } from '../../../archive/plan-restore.ts';
import { encodeSeekTable } from '../../../archive/seek-table.ts';
import { type ArchiveBytes, readArchiveFrame, readFrames, readManifest } from './read-archive.ts';

/**
 * A copy of an archive in which the first byte of every object is changed, while everything else is consistent: zstd
 * frames with correct checksums, seek table, tar, manifest. Only the checksums of the objects themselves reveal it.
 */
export async function damageArchive(archive: ArchiveBytes): Promise<Buffer> {
  const frames = await readFrames(archive);
  const manifest = await readManifest(archive, frames);
  const parts: Uint8Array[] = [];
  const sizes: FrameSize[] = [];
  const add = (compressed: Uint8Array, decompressed: number): void => {
    parts.push(compressed);
    sizes.push({ compressed: compressed.byteLength, decompressed });
  };
  for (const { entry, slices } of planRestore(manifest, frames, archive.name)) {
    const frame = Buffer.from(await readArchiveFrame(archive, entry));
    for (const { offset, headerLength, start, length } of slices) {
      const at = offset + headerLength;
      if (start === 0 && length > 0) frame.writeUInt8(frame.readUInt8(at) ^ 1, at);
    }
    const compressed = zstdCompressSync(frame, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    add(compressed, frame.byteLength);
  }
  const last = manifestFrame(frames, archive.name);
  add(await archive.read(last.offset, last.compressed), last.decompressed);
  return Buffer.concat([...parts, encodeSeekTable(sizes)]);
}
