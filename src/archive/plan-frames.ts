import { FRAME_TARGET, LARGE_OBJECT, TAR_BLOCK } from './format.ts';
import { memberHeaderLength, memberPadding } from './tar-header.ts';

/** What the layout depends on: a tar member's name and the object's size in bytes. */
export interface MemberSize {
  readonly name: string;
  readonly size: number;
  /** Members of different groups share no frame. Absent: one group for all. */
  readonly group?: string;
}

/** The piece of one member that lies in one frame: `[header][data][padding]`, each possibly empty. */
export interface FrameSlice {
  /** Index into the planned members. */
  readonly member: number;
  /** Where the slice begins in the frame's tar bytes. */
  readonly offset: number;
  /** Tar header before the data; 0 in all but the member's first slice. */
  readonly headerLength: number;
  /** First byte of the object in this slice. */
  readonly start: number;
  /** Bytes of the object in this slice. */
  readonly length: number;
  /** Zeros up to the next tar block; 0 in all but the member's last slice. */
  readonly padding: number;
}

export interface FramePlan {
  readonly slices: readonly FrameSlice[];
  /** Tar bytes of the whole frame. */
  readonly size: number;
}

/**
 * Lays members out in frames, in the given order, from their sizes alone. Frames are created on demand: an object of 50
 * TB has six million of them.
 *
 * | member           | frame                                                                   |
 * |------------------|-------------------------------------------------------------------------|
 * | fits             | joins the open frame                                                    |
 * | would pass 8 MiB | closes the open frame and begins the next                               |
 * | another group    | closes the open frame and begins the next                               |
 * | is over 8 MiB    | closes the open frame and gets its own round(size / 8 MiB) equal frames  |
 */
export function* planFrames(members: readonly MemberSize[]): Generator<FramePlan, void, undefined> {
  let slices: FrameSlice[] = [];
  let size = 0;
  let group: string | undefined;
  for (const [index, member] of members.entries()) {
    const isLarge = member.size > LARGE_OBJECT;
    const headerLength = memberHeaderLength(member.name, member.size);
    const padding = memberPadding(member.size);
    const bytes = headerLength + member.size + padding;
    if (slices.length > 0 && (isLarge || member.group !== group || size + bytes > FRAME_TARGET)) {
      yield { slices, size };
      slices = [];
      size = 0;
    }
    group = member.group;
    if (isLarge) {
      yield* planLargeMember(member, index);
    } else {
      slices.push({ member: index, offset: size, headerLength, start: 0, length: member.size, padding });
      size += bytes;
    }
  }
  if (slices.length > 0) yield { slices, size };
}

/** Number of frames of an object that has its own frames. */
export function countLargeFrames(size: number): number {
  return Math.ceil(size / largeSliceLength(size));
}

/** Bytes of the object in each but the last of its frames. */
export function largeSliceLength(size: number): number {
  const frames = Math.max(1, Math.round(size / FRAME_TARGET));
  return Math.max(1, Math.ceil(size / frames / TAR_BLOCK)) * TAR_BLOCK;
}

function* planLargeMember(member: MemberSize, index: number): Generator<FramePlan, void, undefined> {
  const sliceLength = largeSliceLength(member.size);
  for (let start = 0; start < member.size; start += sliceLength) {
    const length = Math.min(sliceLength, member.size - start);
    const headerLength = start === 0 ? memberHeaderLength(member.name, member.size) : 0;
    const padding = start + length === member.size ? memberPadding(member.size) : 0;
    yield {
      slices: [{ member: index, offset: 0, headerLength, start, length, padding }],
      size: headerLength + length + padding,
    };
  }
}
