import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../src/archive/checksum.ts';
import { MIB } from '../../../src/archive/format.ts';
import { encodeManifest } from '../../../src/archive/manifest.ts';
import type { RestoreFrameTask } from '../../../src/compression/frame-contract.ts';
import { compressBound, FrameCompressor } from '../../../src/compression/zstd-frames.ts';
import { openArchive } from '../../../src/restoring/open-archive.ts';
import { readObjectFromArchive } from '../../../src/restoring/read-object-from-archive.ts';
import { itemAt, joinFrames, layOutArchive, manifestTar } from '../../support/archives.ts';
import { archiveOf, INBOUND, TargetRegion, textObject } from '../../support/target-region.ts';

/** Opens an archive in memory. */
async function open(bytes: Uint8Array) {
  const region = new TargetRegion();
  const location = { bucket: INBOUND, key: 'a.tar.zst' };
  const etag = await region.store.place(location, bytes);
  const archive = await openArchive({ ...location, etag, size: bytes.length }, region.dependencies);
  if (archive === undefined) throw new Error('the archive has no seek table');
  return { archive, region };
}

describe('readObjectFromArchive', () => {
  test('reads one object out of 10,000 with at most three ranged reads', async () => {
    const noise = Array.from({ length: 10_000 }, (_, index) =>
      textObject(`k/${index}`, `${Math.sin(index)}`.repeat(50)),
    );
    const { archive, region } = await open(archiveOf(noise));

    const found = await readObjectFromArchive(archive, 'k/7777', region.dependencies);

    expect(Buffer.from(found?.bytes ?? []).toString()).toBe(`${Math.sin(7777)}`.repeat(50));
    expect(region.calls.counts.read).toBeLessThanOrEqual(3);
  });

  test('reads only the frames of a large object, and joins them', async () => {
    const body = Buffer.alloc(17 * MIB, 'abcdefg');
    const { archive, region } = await open(
      archiveOf([textObject('a', '1'), { key: 'large', body }, textObject('b', '2')]),
    );

    const found = await readObjectFromArchive(archive, 'large', region.dependencies);

    expect(body.equals(found?.bytes ?? new Uint8Array())).toBe(true);
  });

  test('refuses an object in several frames if its bytes together differ from those at the source', async () => {
    const { archive, region } = await open(archiveOf([textObject('large', 'abcd')]));
    const object = itemAt(archive.manifest.objects, 0);
    const frame = itemAt([...archive.frames], 0);
    const slice = itemAt(frame.slices, 0);
    const halves = [0, 2].map((start) => ({
      ...frame,
      slices: [{ ...slice, start, length: 2, offset: slice.offset + start, padding: 0 }],
    }));
    const read = (crc: string) => {
      const manifest = { ...archive.manifest, objects: [{ ...object, crc32: crc }] };
      const restore = async (task: RestoreFrameTask) => {
        const restored = await region.dependencies.pool.restore({ ...task, slices: [] });
        const [asked] = task.slices;
        if (asked === undefined) return restored;
        const { offset, headerLength, length } = asked;
        const start = offset + headerLength;
        const checksum = crc32(new Uint8Array(restored.output, start, length));
        return { ...restored, checksums: [checksum] };
      };
      const access = { ...region.dependencies, pool: { threads: 1, restore } };
      return readObjectFromArchive({ ...archive, manifest, frames: halves }, 'large', access);
    };
    expect(Buffer.from((await read(object.crc32))?.bytes ?? []).toString()).toBe('abcd');
    await expect(read('00000000')).rejects.toMatchObject({ code: 'OBJECT_CHECKSUM_MISMATCH' });
  });

  test('returns undefined for a key that is not in the archive', async () => {
    const { archive, region } = await open(archiveOf([textObject('a', '1')]));

    expect(await readObjectFromArchive(archive, 'b', region.dependencies)).toBeUndefined();
  });
});

describe('openArchive', () => {
  test('reads a seek table that is longer than the tail with one more ranged read', async () => {
    const parts = Array.from({ length: 9000 }, (_, frame) => {
      const { tarFrames, manifest } = layOutArchive([textObject(`${frame}`, '')]);
      return { tar: itemAt(tarFrames, 0), manifest, object: { ...itemAt(manifest.objects, 0), frame } };
    });
    const { manifest } = itemAt(parts, 0);
    const objects = parts.map(({ object }) => object);
    const compressor = new FrameCompressor();
    const frames = [...parts.map(({ tar }) => tar), manifestTar(encodeManifest({ ...manifest, objects }))].map(
      (tar) => {
        const output = Buffer.alloc(compressBound(tar.length));
        return { bytes: output.subarray(0, compressor.compress(output, tar, 1)), decompressed: tar.length };
      },
    );

    const { archive, region } = await open(joinFrames(frames));

    expect(archive.manifest.objects).toHaveLength(9000);
    expect([...archive.frames]).toHaveLength(9000);
    expect(region.calls.counts.read).toBe(3);
  });

  test('finds the seek table and manifest of a small archive in one ranged read', async () => {
    const { region } = await open(archiveOf([textObject('a', '1')]));

    expect(region.calls.counts.read).toBe(1);
  });
});
