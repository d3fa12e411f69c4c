import { refuseCostlyJson } from '../archive/costly-json.ts';
import { MANIFEST_MEMBER, MAX_MANIFEST_SIZE, TAR_END } from '../archive/format.ts';
import { encodeManifest, type Manifest } from '../archive/manifest.ts';
import { memberHeaderLength, memberPadding } from '../archive/tar-header.ts';
import type { CompressedFrame } from '../compression/frame-contract.ts';
import type { FrameCompression } from '../compression/frame-pool.ts';
import { compressBound } from '../compression/zstd-frames.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { ManifestTooLargeError } from './errors.ts';

/** The last frame of an archive: `manifest.json` and the end of the tar. */
export async function compressManifest(
  manifest: Omit<Manifest, 'format'>,
  level: number,
  pool: FrameCompression,
  { bucket, key }: ObjectLocation,
): Promise<CompressedFrame> {
  const json = encodeManifest(manifest);
  const headerLength = memberHeaderLength(MANIFEST_MEMBER, json.length);
  const padding = memberPadding(json.length);
  const size = headerLength + json.length + padding + TAR_END;
  if (size > MAX_MANIFEST_SIZE) {
    throw new ManifestTooLargeError(
      `The manifest of s3://${bucket}/${key} has ${size} bytes; readers accept at most ${MAX_MANIFEST_SIZE}. Lower the rule's max_archive_mib.`,
      { context: { bucket, key, size, objects: manifest.objects.length, deletions: manifest.deletions?.length ?? 0 } },
    );
  }
  refuseUnreadable(json, bucket, key);
  const input = new ArrayBuffer(size);
  new Uint8Array(input).set(json, headerLength);
  return pool.compress({
    kind: 'compress',
    input,
    output: new ArrayBuffer(compressBound(size)),
    // The time is a constant, so that the same objects make the same archive.
    slices: [
      { name: MANIFEST_MEMBER, size: json.length, modified: 0, offset: 0, headerLength, length: json.length, padding },
    ],
    endsTar: true,
    levels: { level },
  });
}

/**
 * A manifest that readers would refuse as too costly, for example with too many different tag names, must not be
 * written.
 */
function refuseUnreadable(json: Uint8Array, bucket: string, key: string): void {
  try {
    refuseCostlyJson(json, key);
  } catch (cause) {
    throw new ManifestTooLargeError(
      `The manifest of s3://${bucket}/${key} has more lists, values or names than readers accept`,
      {
        context: { bucket, key },
        cause,
      },
    );
  }
}
