import { ArchiveTooLargeError, CorruptArchiveError, ManifestMismatchError } from '../archive/errors.ts';
import type { FrameEntry } from '../archive/frame-entry.ts';
import { decodeManifest, type Manifest } from '../archive/manifest.ts';
import { manifestBytes, manifestFrame, planRestore, type RestoreFrame } from '../archive/plan-restore.ts';
import { decodeSeekTable, seekTableLength } from '../archive/seek-table.ts';
import type { FrameRestoration } from '../compression/frame-pool.ts';
import type { ObjectReader } from '../storage/object-store.ts';
import { KIB } from '../units.ts';
import { type ArchiveVersion, archiveName } from './dependencies.ts';
import { readArchiveRange } from './read-archive-range.ts';

/**
 * Large enough for the seek table of 8,000 frames, and also for the manifest of an archive with up to a few hundred
 * objects.
 */
const TAIL_SIZE = 64 * KIB;

export interface OpenedArchive {
  readonly archive: ArchiveVersion;
  readonly manifest: Manifest;
  /** Frames of objects, in the order of the archive. */
  readonly frames: Iterable<RestoreFrame>;
  /** The last bytes of the archive: frames that lie in them need no extra request. */
  readonly tail: Uint8Array;
}

/** The dependencies of opening an archive. */
export interface ArchiveAccess {
  readonly store: ObjectReader;
  readonly pool: FrameRestoration;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what is in an archive, in one to three ranged reads: its tail; the rest of the seek table if that is longer;
 * the manifest's frame if it begins before the tail. Anything that looks damaged is read once more before it is
 * refused: a refusal is final, and bytes may also be damaged between S3 and here.
 * @returns undefined when the archive has no seek table: not one of ours, or cut off
 * @throws ArchiveGoneError, the errors of src/archive and of the storage port
 */
export async function openArchive(archive: ArchiveVersion, access: ArchiveAccess): Promise<OpenedArchive | undefined> {
  try {
    const opened = await readOpening(archive, access);
    if (opened !== undefined) return opened;
  } catch (thrown) {
    if (!mayBeDamagedRead(thrown)) throw thrown;
  }
  return readOpening(archive, access);
}

/** A wrong manifest whose frame passes zstd's checksum was written like that; reading it again changes nothing. */
function mayBeDamagedRead(thrown: unknown): boolean {
  return (
    thrown instanceof CorruptArchiveError ||
    thrown instanceof ArchiveTooLargeError ||
    thrown instanceof ManifestMismatchError
  );
}

async function readOpening(archive: ArchiveVersion, access: ArchiveAccess): Promise<OpenedArchive | undefined> {
  const name = archiveName(archive);
  if (archive.size === 0) throw new CorruptArchiveError(`${name} is empty`, { context: { archive: name } });
  const tail = await readTail(archive, Math.min(TAIL_SIZE, archive.size), access);
  const tableLength = seekTableLength(tail, name);
  if (tableLength === undefined) return undefined;
  if (tableLength > archive.size) {
    throw new CorruptArchiveError(`${name} has ${archive.size} bytes, but its seek table alone has ${tableLength}`, {
      context: { archive: name, archiveSize: archive.size },
    });
  }
  const table = tableLength <= tail.length ? tail.subarray(-tableLength) : await readTail(archive, tableLength, access);
  const entries = decodeSeekTable(table, archive.size, name);
  const frame = await restoreManifestFrame(archive, manifestFrame(entries, name), tail, access);
  const manifest = decodeManifest(manifestBytes(frame, name), name);
  return { archive, manifest, frames: planRestore(manifest, entries, name), tail };
}

/** Fills `into` with a frame's compressed bytes: from the tail if they are in it, otherwise with a ranged read. */
export async function readFrame(
  opened: Pick<OpenedArchive, 'archive' | 'tail'>,
  entry: FrameEntry,
  into: Uint8Array,
  access: Omit<ArchiveAccess, 'pool'>,
): Promise<void> {
  const { archive, tail } = opened;
  const inTail = entry.offset - (archive.size - tail.length);
  if (inTail >= 0) into.set(tail.subarray(inTail, inTail + entry.compressed));
  else await readArchiveRange(access.store, archive, entry.offset, into, access.signal);
}

async function readTail(archive: ArchiveVersion, length: number, access: ArchiveAccess): Promise<Uint8Array> {
  const tail = new Uint8Array(length);
  await readArchiveRange(access.store, archive, archive.size - length, tail, access.signal);
  return tail;
}

/**
 * Manifests vary from 1 KB to 32 MiB, so they have buffers of their own size, not those of the pools. The seek table's
 * sizes, compressed and not, have been checked against the limits.
 */
async function restoreManifestFrame(
  archive: ArchiveVersion,
  entry: FrameEntry,
  tail: Uint8Array,
  access: ArchiveAccess,
): Promise<Uint8Array> {
  const { compressed, decompressed } = entry;
  const name = archiveName(archive);
  const input = new ArrayBuffer(compressed);
  await readFrame({ archive, tail }, entry, new Uint8Array(input), access);
  const output = new ArrayBuffer(decompressed);
  try {
    const restored = await access.pool.restore({
      kind: 'restore',
      input,
      compressed,
      output,
      decompressed,
      slices: [],
    });
    return new Uint8Array(restored.output);
  } catch (cause) {
    if (!(cause instanceof CorruptArchiveError)) throw cause;
    throw new CorruptArchiveError(`The manifest frame of ${name} is damaged`, { cause, context: { archive: name } });
  }
}
