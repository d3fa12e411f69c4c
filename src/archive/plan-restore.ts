import { ArchiveTooLargeError, ManifestMismatchError } from './errors.ts';
import { MANIFEST_MEMBER, MAX_FRAME_SIZE, MAX_MANIFEST_SIZE, TAR_BLOCK, TAR_END } from './format.ts';
import { isZero } from './frame-bytes.ts';
import type { FrameEntry, FrameList } from './frame-entry.ts';
import type { Manifest, ManifestObject } from './manifest.ts';
import { memberName } from './member-name.ts';
import type { FramePlan, FrameSlice } from './plan-frames.ts';
import { largeSliceLength } from './plan-frames.ts';
import { memberHeaderLength, memberPadding, readMemberSize, verifyMemberHeader } from './tar-header.ts';

/** A frame to fetch, and the slices of the manifest's objects that must be in it. `member` indexes the objects. */
export interface RestoreFrame extends FramePlan {
  readonly entry: FrameEntry;
}

/** The frame that holds the manifest: always the last one of the seek table. */
export function manifestFrame(frames: FrameList, archive: string): FrameEntry {
  const last = frames.at(-1);
  if (last === undefined) {
    throw new ManifestMismatchError(`${archive} has no frame and therefore no manifest`, { context: { archive } });
  }
  refuseLarger(last.decompressed, MAX_MANIFEST_SIZE, 'manifest', archive);
  return last;
}

/**
 * The bytes of `manifest.json` in its decompressed frame, which otherwise holds only the end of the tar.
 * @throws ManifestMismatchError, CorruptArchiveError
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

/** An object and its index in the list of the manifest. */
type Member = readonly [index: number, object: ManifestObject];

/**
 * The checked position of each object of a manifest: the slices of a frame follow each other without gap or overlap and
 * fill exactly the size in the seek table, and every frame before the manifest's is covered. The time depends on the
 * number of existing objects and frames, never on numbers that a manifest declares, and the memory on the number of
 * objects only.
 * @throws ManifestMismatchError, ArchiveTooLargeError
 */
export function planRestore(manifest: Manifest, frames: FrameList, archive: string): RestorePlan {
  const keys = new Set<string>();
  for (const object of manifest.objects) {
    if (keys.has(object.key)) throw mismatch(object, 'is listed twice', archive);
    keys.add(object.key);
    if (memberName(object.key) !== `objects/${object.relative_key}`)
      throw mismatch(object, 'has a key that differs from its member name', archive);
  }
  refuseRepeatedDeletions(manifest, archive);
  const plan = new RestorePlan(manifest, frames, archive);
  plan.check();
  return plan;
}

/**
 * A key may be both deleted and written in one archive: their order says which is later. Two deletions of a key are
 * refused.
 */
function refuseRepeatedDeletions({ deletions = [] }: Manifest, archive: string): void {
  const keys = new Set<string>();
  for (const { key } of deletions) {
    if (keys.has(key)) {
      throw new ManifestMismatchError(`The manifest of ${archive} deletes "${key}" twice`, {
        context: { archive, key },
      });
    }
    keys.add(key);
  }
}

/** The frames of objects, in the order of the archive; each is created on demand. */
export class RestorePlan implements Iterable<RestoreFrame> {
  readonly #members: readonly Member[];
  readonly #frames: FrameList;
  readonly #archive: string;

  /** Use `planRestore`. */
  constructor({ objects }: Manifest, frames: FrameList, archive: string) {
    this.#members = [...objects.entries()].sort(
      ([, left], [, right]) => left.frame - right.frame || left.offset - right.offset,
    );
    this.#frames = frames;
    this.#archive = archive;
  }

  /** @throws ManifestMismatchError, ArchiveTooLargeError if any frame is invalid */
  check(): void {
    const frames = this[Symbol.iterator]();
    while (frames.next().done !== true);
  }

  *[Symbol.iterator](): Generator<RestoreFrame, void, undefined> {
    const last = this.#frames.length - 1;
    let next = 0;
    let index = 0;
    for (const entry of this.#frames) {
      if (index === last) break;
      refuseLarger(entry.decompressed, MAX_FRAME_SIZE, `frame ${index}`, this.#archive);
      const frame: OpenFrame = { entry, slices: [], size: 0 };
      for (let member = this.#members[next]; member !== undefined; member = this.#members[next]) {
        const [, object] = member;
        const { frames: count = 1 } = object;
        if (object.frame > index) break;
        if (object.frame + count <= index) throw mismatch(object, 'is in a frame that is already full', this.#archive);
        this.#place(member, index, frame, last);
        if (object.frame + count - 1 > index) break;
        next += 1;
        if (count > 1) break;
      }
      this.#refuseUnfilled(frame, index);
      yield frame;
      index += 1;
    }
    const left = this.#members[next]?.[1];
    if (left !== undefined) throw mismatch(left, 'is in a frame that the archive does not have', this.#archive);
  }

  /** Appends the slice of a member that belongs to frame `index` to that frame. */
  #place([member, object]: Member, index: number, frame: OpenFrame, last: number): void {
    const { key, size, frames: count = 1 } = object;
    const part = index - object.frame;
    const sliceLength = count === 1 ? size : largeSliceLength(size);
    if (part === 0) {
      if (object.frame + count > last)
        throw mismatch(object, 'is in a frame that the archive does not have', this.#archive);
      if (count > 1 && count !== Math.ceil(size / sliceLength))
        throw mismatch(object, `cannot fill ${count} frames`, this.#archive);
      if (count > 1 && object.offset !== 0) throw mismatch(object, `does not fill frame ${index} alone`, this.#archive);
    }
    const start = part * sliceLength;
    const slice: FrameSlice = {
      member,
      offset: part === 0 ? object.offset : 0,
      headerLength: part === 0 ? memberHeaderLength(memberName(key), size) : 0,
      start,
      length: Math.min(sliceLength, size - start),
      padding: part === count - 1 ? memberPadding(size) : 0,
    };
    if (slice.offset !== frame.size)
      throw mismatch(object, `begins at ${slice.offset}, not ${frame.size}`, this.#archive);
    frame.slices.push(slice);
    frame.size += slice.headerLength + slice.length + slice.padding;
  }

  #refuseUnfilled({ entry, size }: OpenFrame, index: number): void {
    if (size === entry.decompressed) return;
    throw new ManifestMismatchError(
      `Frame ${index} of ${this.#archive} has ${entry.decompressed} bytes, but its objects need ${size}`,
      { context: { archive: this.#archive, frame: index, declared: entry.decompressed, needed: size } },
    );
  }
}

interface OpenFrame {
  readonly entry: FrameEntry;
  readonly slices: FrameSlice[];
  /** Bytes of the slices so far. */
  size: number;
}

function refuseLarger(size: number, limit: number, what: string, archive: string): void {
  if (size <= limit) return;
  throw new ArchiveTooLargeError(`The ${what} of ${archive} declares ${size} bytes, but at most ${limit} are read`, {
    context: { archive, size, limit },
  });
}

function mismatch(object: ManifestObject, what: string, archive: string): ManifestMismatchError {
  return new ManifestMismatchError(`Object "${object.key}" of ${archive} ${what}`, {
    context: { archive, key: object.key, frame: object.frame, offset: object.offset },
  });
}
