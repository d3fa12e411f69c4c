import { publicKeyFields } from '../../archive/manifest.ts';
import { relativeKey } from '../../archive/member-name.ts';
import { InProcessFrames } from '../../compression/in-process-frames.ts';
import type { ObjectEntry } from '../../listing/dependencies.ts';
import { compressManifest } from '../../packing/compress-manifest.ts';

const PLACE = { bucket: 'estimate', key: 'manifest' };
/** Max entries to measure: with more of them, the cost of each stays the same. */
const MAX_MEASURED_ENTRIES = 1000;

/**
 * Bytes of an object's entry in a compressed manifest. Listings have no metadata and tags, so these are not counted.
 */
export async function measureManifestBytesPerObject(entries: readonly ObjectEntry[], level: number): Promise<number> {
  const some = entries.slice(0, MAX_MEASURED_ENTRIES);
  if (some.length === 0) return 0;
  return ((await frameBytes(some, level)) - (await frameBytes([], level))) / some.length;
}

async function frameBytes(entries: readonly ObjectEntry[], level: number): Promise<number> {
  const objects = entries.map(({ key, size, etag = '', lastModified = 0, storageClass = 'STANDARD' }, index) => ({
    source_bucket: PLACE.bucket,
    ...publicKeyFields(key),
    relative_key: relativeKey(key),
    tags: [],
    creation_time: new Date(lastModified).toISOString().slice(0, 19).replace('T', ' '),
    etag,
    size,
    storage_class: storageClass,
    key,
    event_time: new Date(lastModified).toISOString(),
    sequencer: unlike(index).padStart(18, '0'),
    crc32: unlike(index + entries.length),
    frame: 0,
    offset: index * size,
  }));
  const manifest = { rule: PLACE.bucket, level, targets: [], objects };
  const frame = await compressManifest(manifest, level, new InProcessFrames(), PLACE);
  return frame.compressed;
}

/** Eight hexadecimal digits that, like checksums, do not compress (Knuth's multiplicative hash). */
function unlike(index: number): string {
  return (Math.imul(index + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
}
