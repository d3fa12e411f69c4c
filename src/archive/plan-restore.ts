import { ArchiveTooLargeError, ManifestMismatchError } from './errors.ts';
import { MANIFEST_MEMBER, MAX_FRAME_SIZE, MAX_MANIFEST_SIZE, TAR_BLOCK, TAR_END } from './format.ts';
import { isZero } from './frame-bytes.ts';
import type { Manifest, ManifestObject } from './manifest.ts';
import { memberName } from './member-name.ts';
import type { FramePlan, FrameSlice } from './plan-frames.ts';
import { largeSliceLength } from './plan-frames.ts';
import type { FrameEntry } from './seek-table.ts';
import { memberHeaderLength, memberPadding, readMemberSize, verifyMemberHeader } from './tar-header.ts';

/** A frame to fetch, and the slices of the manifest's objects that must be in it. `member` indexes the objects. */
export interface RestoreFrame extends FramePlan {
  readonly entry: FrameEntry;
}

/** The frame that holds the manifest: always the last one of the seek table. */
export function manifestFrame(frames: readonly FrameEntry[], archive: string): FrameEntry {
  const last = frames.at(-1);
  if (last === undefined) {
    throw new ManifestMismatchError(`${archive} has no frame, so no manifest`, { context: { archive } });
  }
  refuseLarger(last.decompressed, MAX_MANIFEST_SIZE, 'manifest', archive);
  return last;
}

/**
 * The bytes of `manifest.json` in its decompressed frame, which holds nothing else but the end of the tar.
 * @throws ManifestMismatchError, ArchiveCorruptError
 */
export function manifestBytes(frame: Uint8Array, archive: string): Uint8Array {
  const size = readMemberSize(frame) ?? -1;
  const end = TAR_BLOCK + size;
  const length = end + memberPadding(size) + TAR_END;
  if (size < 0 || length !== frame.length || !isZero(frame, end, length)) {
    throw new ManifestMismatchError(`The last frame of ${archive} does not hold exactly manifest.json`, {
      context: { archive },
    });
  }
  return frame.subarray(verifyMemberHeader(frame, 0, { name: MANIFEST_MEMBER, size }), end);
}

interface OpenFrame {
  readonly entry: FrameEntry;
  readonly slices: FrameSlice[];
  /** Bytes that the slices so far take. */
  size: number;
}

/**
 * Where each object of a manifest lies, checked: slices of a frame follow each other without gap or overlap and fill
 * exactly the size that the seek table gives it, and every frame before the manifest's is spoken for. Takes time and
 * memory for each object and frame that there is, never for what a manifest claims.
 * @throws ManifestMismatchError, ArchiveTooLargeError
 */
export function planRestore(manifest: Manifest, frames: readonly FrameEntry[], archive: string): RestoreFrame[] {
  const open = frames.slice(0, -1).map((entry, index): OpenFrame => {
    refuseLarger(entry.decompressed, MAX_FRAME_SIZE, `frame ${index}`, archive);
    return { entry, slices: [], size: 0 };
  });
  const keys = new Set<string>();
  for (const [member, object] of inTarOrder(manifest.objects)) {
    if (keys.has(object.key)) throw mismatch(object, 'stands in it twice', archive);
    keys.add(object.key);
    placeObject(object, member, open, archive);
  }
  open.forEach((frame, index) => {
    if (frame.size === frame.entry.decompressed) return;
    throw new ManifestMismatchError(
      `Frame ${index} of ${archive} has ${frame.entry.decompressed} bytes, its objects need ${frame.size}`,
      { context: { archive, frame: index, declared: frame.entry.decompressed, needed: frame.size } },
    );
  });
  return open;
}

function inTarOrder(objects: readonly ManifestObject[]): (readonly [number, ManifestObject])[] {
  return [...objects.entries()].sort(([, left], [, right]) => left.frame - right.frame || left.offset - right.offset);
}

function placeObject(object: ManifestObject, member: number, open: readonly OpenFrame[], archive: string): void {
  const name = memberName(object.key);
  if (name !== `objects/${object.relative_key}`)
    throw mismatch(object, 'has another key than its member name', archive);
  const count = object.frames ?? 1;
  if (object.frame + count > open.length) throw mismatch(object, 'lies in a frame that the archive has not', archive);
  const sliceLength = count === 1 ? object.size : largeSliceLength(object.size);
  if (count > 1 && count !== Math.ceil(object.size / sliceLength))
    throw mismatch(object, `cannot fill ${count} frames`, archive);
  open.slice(object.frame, object.frame + count).forEach((frame, part) => {
    const first = part === 0;
    const start = part * sliceLength;
    const length = Math.min(sliceLength, object.size - start);
    const slice: FrameSlice = {
      member,
      offset: first ? object.offset : 0,
      headerLength: first ? memberHeaderLength(name, object.size) : 0,
      start,
      length,
      padding: part === count - 1 ? memberPadding(object.size) : 0,
    };
    if (slice.offset !== frame.size) throw mismatch(object, `begins at ${slice.offset}, not ${frame.size}`, archive);
    frame.slices.push(slice);
    frame.size += slice.headerLength + slice.length + slice.padding;
    const shared = count > 1 && (slice.offset !== 0 || frame.size !== frame.entry.decompressed);
    if (shared) throw mismatch(object, `does not fill frame ${object.frame + part} alone`, archive);
  });
}

function refuseLarger(size: number, limit: number, what: string, archive: string): void {
  if (size <= limit) return;
  throw new ArchiveTooLargeError(`The ${what} of ${archive} declares ${size} bytes, at most ${limit} are read`, {
    context: { archive, size, limit },
  });
}

function mismatch(object: ManifestObject, what: string, archive: string): ManifestMismatchError {
  return new ManifestMismatchError(`Object "${object.key}" of ${archive} ${what}`, {
    context: { archive, key: object.key, frame: object.frame, offset: object.offset },
  });
}
