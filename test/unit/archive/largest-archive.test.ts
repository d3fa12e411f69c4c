import { expect, test } from '@jest/globals';
import { FrameSizes } from '../../../src/archive/frame-sizes.ts';
import type { Manifest } from '../../../src/archive/manifest.ts';
import { countLargeFrames, planFrames } from '../../../src/archive/plan-frames.ts';
import { planRestore } from '../../../src/archive/plan-restore.ts';
import { decodeSeekTable, encodeSeekTable } from '../../../src/archive/seek-table.ts';
import { itemAt, layOutArchive } from '../../support/archives.ts';

const MEGABYTE = 1e6;
/**
 * A tenth of the largest object, so that the test takes seconds: the layout of 50 TB takes ten times as much memory.
 */
const SIZE = 5e12;

/** Bytes in use, on and off the heap. */
function usedMemory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('an object of 5 TB is planned on both sides without a JavaScript object per frame: in 100 MB of memory, not 250', () => {
  const [template] = layOutArchive([{ key: 'huge', body: Buffer.alloc(0) }]).manifest.objects;
  const before = usedMemory();
  const sizes = new FrameSizes();
  let compressedBytes = 0;
  for (const { size } of planFrames([{ name: 'objects/huge', size: SIZE }])) {
    sizes.push({ compressed: 500_000, decompressed: size });
    compressedBytes += 500_000;
  }
  expect(sizes.length).toBe(countLargeFrames(SIZE));
  sizes.push({ compressed: 500, decompressed: 2048 });
  const table = encodeSeekTable(sizes);

  const frames = decodeSeekTable(table, compressedBytes + 500 + table.length, 'a');
  const object = { ...itemAt([template], 0), size: SIZE, frame: 0, frames: sizes.length - 1, offset: 0 };
  if (object.key === undefined) throw new Error('a template has a key');
  const format = { name: 's3-cross-region-compressor', version: '1.0' } as const;
  const manifest = { format, rule: 'r', level: 1, targets: [], objects: [object] } as Manifest;
  const plan = planRestore(manifest, frames, 'a');

  expect(frames.at(-2)?.offset).toBe(compressedBytes - 500_000);
  let restored = 0;
  for (const { slices } of plan) restored += slices[0]?.length ?? 0;
  expect(restored).toBe(SIZE);
  expect(usedMemory() - before).toBeLessThan(100 * MEGABYTE);
});
