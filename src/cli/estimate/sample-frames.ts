import type { NamedSlice } from '../../archive/frame-bytes.ts';
import { memberName } from '../../archive/member-name.ts';
import { memberHeaderLength, memberPadding } from '../../archive/tar-header.ts';
import type { SampleUnit } from './plan-sample.ts';

/** A unit with the bytes that were read. */
export interface ReadUnit {
  readonly unit: SampleUnit;
  readonly bytes: Uint8Array;
}

/** Tar bytes of units that share a frame, without headers. */
export interface SampleFrame {
  readonly input: ArrayBuffer;
  readonly slices: readonly NamedSlice[];
  /** Tar bytes. */
  readonly size: number;
}

/** Groups units, in the order of their keys, into about equal frames of limited size, with at least one unit each. */
export function groupUnits(units: readonly SampleUnit[], frameBytes: number): SampleUnit[][] {
  const total = units.reduce((sum, unit) => sum + tarLength(unit), 0);
  const most = total / Math.ceil(total / frameBytes);
  const groups: SampleUnit[][] = [];
  let bytes = 0;
  for (const unit of units.toSorted(byKey)) {
    const length = tarLength(unit);
    const open = groups.at(-1);
    // The frame that contains the middle of the unit, if bytes are shared equally.
    if (open === undefined || Math.floor((bytes + length / 2) / most) >= groups.length) groups.push([unit]);
    else open.push(unit);
    bytes += length;
  }
  return groups;
}

/** Lays units out as the product lays out objects: whole objects with their tar headers, parts of large ones without. */
export function layOutFrame(units: readonly ReadUnit[]): SampleFrame {
  const size = units.reduce((sum, { unit }) => sum + tarLength(unit), 0);
  const input = new ArrayBuffer(size);
  const buffer = new Uint8Array(input);
  let offset = 0;
  const slices = units.map(({ unit, bytes }) => {
    const { entry, length } = unit;
    const name = memberName(entry.key);
    const headerLength = isWhole(unit) ? memberHeaderLength(name, entry.size) : 0;
    const padding = isWhole(unit) ? memberPadding(entry.size) : 0;
    buffer.set(bytes, offset + headerLength);
    const modified = Math.floor((entry.lastModified ?? 0) / 1000);
    const slice = { name, size: entry.size, modified, offset, headerLength, length, padding };
    offset += headerLength + length + padding;
    return slice;
  });
  return { input, slices, size };
}

export function isWhole({ entry, length }: SampleUnit): boolean {
  return length === entry.size;
}

function tarLength(unit: SampleUnit): number {
  const { entry, length } = unit;
  if (!isWhole(unit)) return length;
  return memberHeaderLength(memberName(entry.key), entry.size) + entry.size + memberPadding(entry.size);
}

function byKey(left: SampleUnit, right: SampleUnit): number {
  if (left.entry.key !== right.entry.key) return left.entry.key < right.entry.key ? -1 : 1;
  return left.start - right.start;
}
