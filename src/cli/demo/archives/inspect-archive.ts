import {
  ArchiveTooLargeError,
  CorruptArchiveError,
  InvalidManifestError,
  ManifestMismatchError,
  UnsupportedArchiveError,
} from '../../../archive/errors.ts';
import type { FrameList } from '../../../archive/frame-entry.ts';
import type { Manifest, ManifestObject } from '../../../archive/manifest.ts';
import { planRestore } from '../../../archive/plan-restore.ts';
import { mediaTypeOf } from '../input/content-type.ts';
import type { PackedVersion } from '../upload/uploaded-object.ts';
import { type ArchiveBytes, readArchiveFrame, readFrames, readManifest } from './read-archive.ts';
import { shareOutFrame } from './share-out-frame.ts';

export interface TypeShare {
  readonly objects: number;
  /** Bytes of the objects themselves. */
  readonly bytes: number;
  /** Bytes of the archive that they account for. */
  readonly compressedBytes: number;
}

export interface InspectedArchive {
  readonly name: string;
  /** The key and version of each of its objects. */
  readonly versions: readonly (PackedVersion & { readonly size: number })[];
  readonly objects: number;
  /** Keys that it deletes. */
  readonly deletions: number;
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly frames: number;
  readonly level: number;
  /** By media type, without the manifest and the seek table. */
  readonly types: ReadonlyMap<string, TypeShare>;
}

/** An archive that no reader of the format can read. */
export interface UnreadableArchive {
  readonly name: string;
  /** A sentence. */
  readonly reason: string;
}

/** Inspects an archive, or says why no reader of the format can. @throws errors that are unrelated to the archive */
export async function tryInspect(archive: ArchiveBytes): Promise<InspectedArchive | UnreadableArchive> {
  try {
    return await inspectArchive(archive);
  } catch (thrown) {
    if (!ARCHIVE_FAULTS.some((kind) => thrown instanceof kind)) throw thrown;
    return { name: archive.name, reason: thrown instanceof Error ? thrown.message : '' };
  }
}

export function isReadable(archive: InspectedArchive | UnreadableArchive): archive is InspectedArchive {
  return !('reason' in archive);
}

/** What is wrong with an archive itself. */
const ARCHIVE_FAULTS = [
  ArchiveTooLargeError,
  CorruptArchiveError,
  InvalidManifestError,
  ManifestMismatchError,
  UnsupportedArchiveError,
];

/** Reads an archive as any reader of the format does, with a zstd other than the one that wrote it. */
export async function inspectArchive(archive: ArchiveBytes): Promise<InspectedArchive> {
  const frames = await readFrames(archive);
  const manifest = await readManifest(archive, frames);
  return {
    name: archive.name,
    versions: manifest.objects.map(({ key, etag, size }) => ({ key, etag, size })),
    objects: manifest.objects.length,
    deletions: manifest.deletions?.length ?? 0,
    bytes: manifest.objects.reduce((sum, { size }) => sum + size, 0),
    compressedBytes: archive.size,
    frames: frames.length,
    level: manifest.level,
    types: await sumTypes(archive, manifest, frames),
  };
}

async function sumTypes(archive: ArchiveBytes, manifest: Manifest, frames: FrameList): Promise<Map<string, TypeShare>> {
  const types = new Map<string, TypeShare>();
  const add = (type: string, more: TypeShare): void => {
    const { objects, bytes, compressedBytes } = types.get(type) ?? { objects: 0, bytes: 0, compressedBytes: 0 };
    types.set(type, {
      objects: objects + more.objects,
      bytes: bytes + more.bytes,
      compressedBytes: compressedBytes + more.compressedBytes,
    });
  };
  for (const object of manifest.objects) add(typeOf(object), { objects: 1, bytes: object.size, compressedBytes: 0 });
  for (const { entry, slices } of planRestore(manifest, frames, archive.name)) {
    const typed = slices.map((slice) => ({ ...slice, type: typeOf(manifest.objects[slice.member]) }));
    const shares = await shareOutFrame(entry.compressed, typed, () => readArchiveFrame(archive, entry));
    for (const [type, compressedBytes] of shares) add(type, { objects: 0, bytes: 0, compressedBytes });
  }
  return types;
}

function typeOf(object: ManifestObject | undefined): string {
  return mediaTypeOf(object?.headers?.contentType ?? 'application/octet-stream');
}
