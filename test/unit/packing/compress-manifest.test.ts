import { expect, test } from '@jest/globals';
import { MAX_MANIFEST_NAMES, MAX_MANIFEST_SIZE } from '../../../src/archive/format.ts';
import type { Manifest } from '../../../src/archive/manifest.ts';
import type { CompressedFrame } from '../../../src/compression/frame-contract.ts';
import { compressManifest } from '../../../src/packing/compress-manifest.ts';
import { layOutArchive } from '../../support/archives.ts';
import { textObject } from '../../support/target-region.ts';

const { manifest } = layOutArchive([textObject('k', 'body')]);
const LOCATION = { bucket: 'outbound', key: 'rule/a.tar.zst' };

/** Whether the manifest is handed to a worker, which ignores it. */
async function isCompressed(objects: Manifest['objects']): Promise<boolean> {
  let frames = 0;
  const compress = () => {
    frames += 1;
    return Promise.resolve({} as CompressedFrame);
  };
  await compressManifest(
    { ...manifest, objects },
    3,
    { threads: 1, compress, probe: () => Promise.reject(new Error()) },
    LOCATION,
  );
  return frames === 1;
}

test('compressManifest refuses a manifest larger than readers accept', async () => {
  expect(await isCompressed(manifest.objects)).toBe(true);
  const [object] = manifest.objects;
  if (object === undefined) throw new Error('no object');
  const large = [{ ...object, metadata: [['note', 'x'.repeat(MAX_MANIFEST_SIZE)]] as [string, string][] }];
  await expect(isCompressed(large)).rejects.toMatchObject({ code: 'MANIFEST_TOO_LARGE' });
});

test('compressManifest refuses a manifest with more names than readers accept', async () => {
  const [object] = manifest.objects;
  if (object === undefined) throw new Error('no object');
  const tags = Array.from({ length: MAX_MANIFEST_NAMES + 1 }, (_, index) => ({ [`name ${index}`]: 'v' }));
  await expect(isCompressed([{ ...object, tags }])).rejects.toMatchObject({ code: 'MANIFEST_TOO_LARGE' });
});
