import { combineCrc32 } from '../archive/checksum.ts';
import { failedOutcome } from '../messages/outcome.ts';
import type { PackItem } from './collect-objects.ts';
import { SourceChecksumError } from './errors.ts';
import type { PackedPosition } from './manifest-entry.ts';
import type { BuiltFrame, ReadSlice } from './pack-frame.ts';
import type { ExclusionReason, ReadItem } from './read-item.ts';

/** An item must be left out of an archive that already contains a part of it. */
export class RestartWithoutItem extends Error {
  readonly item: PackItem;
  readonly reason: ExclusionReason;

  constructor(item: PackItem, reason: ExclusionReason) {
    super(`The archive starts over without "${item.object.key}"`);
    this.item = item;
    this.reason = reason;
  }
}

/** An object that is in the archive, or the part of it that is. */
export interface PackedObject {
  readonly item: PackItem;
  readonly read: ReadItem;
  readonly position: PackedPosition;
}

/** The objects of an unfinished archive, in the order of their frames. */
export class PackedObjects implements Iterable<PackedObject> {
  readonly #leftOut: Map<PackItem, ExclusionReason>;
  readonly #packed = new Map<PackItem, PackedObject>();

  /** @param leftOut receives the objects that are left out, and why */
  constructor(leftOut: Map<PackItem, ExclusionReason>) {
    this.#leftOut = leftOut;
  }

  get size(): number {
    return this.#packed.size;
  }

  [Symbol.iterator](): IterableIterator<PackedObject> {
    return this.#packed.values();
  }

  /**
   * An earlier attempt has packed a part of it, or all.
   * @throws RestartWithoutItem when it packed all of it, but with bytes that differ from those in S3
   */
  takeOver(item: PackItem, read: ReadItem, position: PackedPosition, isWhole: boolean): void {
    if (isWhole) refuseWrongBytes(item, read, position);
    this.#packed.set(item, { item, read, position });
  }

  /** @throws RestartWithoutItem when a part of one of them is packed already */
  noteLeftOut(leftOut: BuiltFrame['leftOut']): void {
    for (const { item, reason } of leftOut) {
      if (this.#packed.has(item)) throw new RestartWithoutItem(item, reason);
      this.#leftOut.set(item, reason);
    }
  }

  /**
   * A slice is in a frame.
   * @param start of its header, when it is the object's first
   * @throws RestartWithoutItem when the rest of the object cannot be packed
   */
  notePosition(
    { item, slice, read }: ReadSlice,
    start: Pick<PackedPosition, 'frame' | 'offset'>,
    checksum: number,
  ): void {
    const first = this.#packed.get(item);
    // Its first frame was left out: the rest must not be sent alone.
    if (first === undefined && slice.start > 0)
      throw new RestartWithoutItem(item, this.#leftOut.get(item) ?? { kind: 'changed' });
    const position: PackedPosition =
      first === undefined
        ? { ...start, frames: 1, crc32: checksum }
        : {
            ...first.position,
            frames: first.position.frames + 1,
            crc32: combineCrc32(first.position.crc32, checksum, slice.length),
          };
    const packed = { item, read: first?.read ?? read, position };
    if (slice.start + slice.length === item.object.size) refuseWrongBytes(item, packed.read, position);
    this.#packed.set(item, packed);
  }
}

/** S3 has a CRC-32 of most objects; if so, the bytes are compared before anything is built on them. */
function refuseWrongBytes(item: PackItem, { description }: ReadItem, { crc32 }: PackedPosition): void {
  if (description.crc32 === undefined || description.crc32 === crc32) return;
  const { bucket, key } = item.object;
  const error = new SourceChecksumError(
    `The bytes read from s3://${bucket}/${key} do not match the CRC-32 that S3 keeps`,
    {
      context: { bucket, key, expected: description.crc32, actual: crc32 },
    },
  );
  throw new RestartWithoutItem(item, { kind: 'failed', outcome: failedOutcome(error) });
}
