import { describe, expect, test } from '@jest/globals';
import { MIB } from '../../../src/archive/format.ts';
import { openArchive } from '../../../src/target/open-archive.ts';
import { readObjectFromArchive } from '../../../src/target/read-object-from-archive.ts';
import type { TestObject } from '../../support/archives.ts';
import { archiveOf, INBOUND, TargetRegion, textObject } from '../../support/target-region.ts';

/** Opens an archive that lies in memory. */
async function opened(objects: readonly TestObject[]) {
  const region = new TargetRegion();
  const bytes = archiveOf(objects);
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
    const { archive, region } = await opened(noise);

    const found = await readObjectFromArchive(archive, 'k/7777', region.dependencies);

    expect(Buffer.from(found?.bytes ?? []).toString()).toBe(`${Math.sin(7777)}`.repeat(50));
    expect(region.calls.counts.read).toBeLessThanOrEqual(3);
  });

  test('reads only the frames of a large object, and joins them', async () => {
    const body = Buffer.alloc(17 * MIB, 'abcdefg');
    const { archive, region } = await opened([textObject('a', '1'), { key: 'large', body }, textObject('b', '2')]);

    const found = await readObjectFromArchive(archive, 'large', region.dependencies);

    expect(body.equals(found?.bytes ?? new Uint8Array())).toBe(true);
  });

  test('answers undefined for a key that is not in it', async () => {
    const { archive, region } = await opened([textObject('a', '1')]);

    expect(await readObjectFromArchive(archive, 'b', region.dependencies)).toBeUndefined();
  });
});

describe('openArchive', () => {
  test('reads the seek table of any length: one more read when it is longer than the tail', async () => {
    const frames = Array.from({ length: 9000 }, (_, index) => ({ key: `${index}`, body: Buffer.alloc(0) }));
    const { archive, region } = await opened(frames);

    expect(archive.manifest.objects).toHaveLength(9000);
    expect(region.calls.counts.read).toBeLessThanOrEqual(2);
  });
});
