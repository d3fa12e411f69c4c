import { describe, expect, test } from '@jest/globals';
import { crc32 } from '../../../../src/archive/checksum.ts';
import { SeekableArchive } from '../../../../src/cli/archive/seekable-archive.ts';
import type { RestoreFrameTask } from '../../../../src/compression/frame-contract.ts';
import { openArchive } from '../../../../src/restoring/open-archive.ts';
import { MIB } from '../../../../src/units.ts';
import { itemAt } from '../../../support/archives.ts';
import { archiveOf, INBOUND, TargetRegion, textObject } from '../../../support/target-region.ts';

/** Opens an archive in memory. */
async function open(bytes: Uint8Array) {
  const region = new TargetRegion();
  const location = { bucket: INBOUND, key: 'a.tar.zst' };
  const etag = await region.store.place(location, bytes);
  const opened = await openArchive({ ...location, etag, size: bytes.length }, region.dependencies);
  if (opened === undefined) throw new Error('the archive has no seek table');
  return { opened, region };
}

/** Reads one object as `s3xrc archive cat` does. */
async function cat(archive: SeekableArchive, key: string) {
  const index = archive.entries.findIndex((entry) => entry.key === key);
  const chunks: Uint8Array[] = [];
  const damaged = await archive.read(
    (candidate) => candidate === index,
    ({ bytes }) => {
      chunks.push(Uint8Array.from(bytes));
      return Promise.resolve();
    },
  );
  return { body: Buffer.concat(chunks), damaged };
}

describe('SeekableArchive', () => {
  test('reads one object out of 10,000 with at most three ranged reads', async () => {
    const noise = Array.from({ length: 10_000 }, (_, index) =>
      textObject(`k/${index}`, `${Math.sin(index)}`.repeat(50)),
    );
    const { opened, region } = await open(archiveOf(noise));

    const { body, damaged } = await cat(new SeekableArchive(opened, region.dependencies), 'k/7777');

    expect([body.toString(), damaged]).toEqual([`${Math.sin(7777)}`.repeat(50), []]);
    expect(region.calls.counts.read).toBeLessThanOrEqual(3);
  });

  test('reads only the frames of a large object, and joins them', async () => {
    const large = Buffer.alloc(17 * MIB, 'abcdefg');
    const objects = [textObject('a', '1'), { key: 'large', body: large }, textObject('b', '2')];
    const { opened, region } = await open(archiveOf(objects));

    const { body, damaged } = await cat(new SeekableArchive(opened, region.dependencies), 'large');

    expect([large.equals(body), damaged]).toEqual([true, []]);
  });

  test('reports an object in several frames whose bytes together differ from those at the source', async () => {
    const { opened, region } = await open(archiveOf([textObject('large', 'abcd')]));
    const object = itemAt(opened.manifest.objects, 0);
    const frame = itemAt([...opened.frames], 0);
    const slice = itemAt(frame.slices, 0);
    const frames = [0, 2].map((start) => ({
      ...frame,
      slices: [{ ...slice, start, length: 2, offset: slice.offset + start, padding: 0 }],
    }));
    const restore = async (task: RestoreFrameTask) => {
      const restored = await region.dependencies.pool.restore({ ...task, slices: [] });
      const { offset, headerLength, length } = itemAt(task.slices, 0);
      return { ...restored, checksums: [crc32(new Uint8Array(restored.output, offset + headerLength, length))] };
    };
    const read = (crc: string) => {
      const manifest = { ...opened.manifest, objects: [{ ...object, crc32: crc }] };
      const access = { ...region.dependencies, pool: { threads: 1, restore } };
      return cat(new SeekableArchive({ ...opened, manifest, frames }, access), 'large');
    };
    const sound = await read(object.crc32);
    expect([sound.body.toString(), sound.damaged]).toEqual(['abcd', []]);
    const { damaged } = await read('00000000');
    expect(damaged.map(({ entry, reason }) => [entry.key, reason])).toEqual([
      ['large', `the bytes of "large" have CRC-32 ${object.crc32}, the source had 00000000`],
    ]);
  });
});
