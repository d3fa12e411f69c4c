import { combineCrc32, crc32ToHex } from '../../archive/checksum.ts';
import { CorruptArchiveError, ManifestMismatchError, ObjectChecksumError } from '../../archive/errors.ts';
import type { ManifestObject } from '../../archive/manifest.ts';
import type { RestoreFrame } from '../../archive/plan-restore.ts';
import { expectedSlice } from '../../restoring/expected-slice.ts';
import type { OpenedArchive } from '../../restoring/open-archive.ts';
import { type FrameAccess, withRestoredFrame } from '../../restoring/with-restored-frame.ts';
import type { ArchiveEntry, ArchiveFacts, DamagedEntry, EntryChunk, ReadableArchive } from './readable-archive.ts';

/** An archive of this product: one ranged read per needed frame. */
export class SeekableArchive implements ReadableArchive {
  readonly facts: ArchiveFacts;
  readonly entries: readonly ArchiveEntry[];
  readonly #opened: OpenedArchive;
  readonly #access: FrameAccess;

  constructor(opened: OpenedArchive, access: FrameAccess) {
    const { manifest, frames } = opened;
    this.#opened = opened;
    this.#access = access;
    this.facts = {
      format: 'seekable',
      version: manifest.format.version,
      rule: manifest.rule,
      level: manifest.level,
      frames: [...frames].length,
      ...(manifest.deletions === undefined ? {} : { deletions: manifest.deletions.length }),
    };
    this.entries = manifest.objects.map(({ key, size, storage_class, crc32, event_time, frame }) => ({
      key,
      size,
      storageClass: storage_class,
      crc32,
      time: event_time,
      frame,
    }));
  }

  async read(
    wanted: ((index: number) => boolean) | undefined,
    visit: (chunk: EntryChunk) => Promise<void>,
  ): Promise<DamagedEntry[]> {
    const damaged = new Map<number, string>();
    const checksums = new Map<number, number>();
    for (const frame of this.#opened.frames) {
      this.#access.signal?.throwIfAborted();
      const chosen = frame.slices.filter(({ member }) => wanted?.(member) !== false && !damaged.has(member));
      if (chosen.length === 0) continue;
      try {
        await this.#readFrame({ ...frame, slices: chosen }, checksums, damaged, visit);
      } catch (thrown) {
        if (!isDamage(thrown)) throw thrown;
        if (chosen.length === 1 || !(thrown instanceof ObjectChecksumError)) markAll(chosen, thrown.message, damaged);
        else await this.#readEach(frame, chosen, checksums, damaged, visit);
      }
    }
    return [...damaged].map(([index, reason]) => ({ entry: entryAt(this.entries, index), reason }));
  }

  /**
   * If one object of a frame is damaged, the others are still read: each is checked separately to find the damaged one.
   */
  async #readEach(
    frame: RestoreFrame,
    chosen: RestoreFrame['slices'],
    checksums: Map<number, number>,
    damaged: Map<number, string>,
    visit: (chunk: EntryChunk) => Promise<void>,
  ): Promise<void> {
    for (const slice of chosen) {
      try {
        await this.#readFrame({ ...frame, slices: [slice] }, checksums, damaged, visit);
      } catch (thrown) {
        if (!isDamage(thrown)) throw thrown;
        damaged.set(slice.member, thrown.message);
      }
    }
  }

  async #readFrame(
    { entry, slices }: RestoreFrame,
    checksums: Map<number, number>,
    damaged: Map<number, string>,
    visit: (chunk: EntryChunk) => Promise<void>,
  ): Promise<void> {
    const input = await this.#access.buffers.compressed.acquire();
    const expected = slices.map((slice) => expectedSlice(slice, this.#object(slice.member)));
    const request = { opened: this.#opened, entry, input, slices: expected };
    await withRestoredFrame(request, this.#access, async (frame) => {
      for (const [position, slice] of slices.entries()) {
        const { member, offset, headerLength, length, start } = slice;
        const from = offset + headerLength;
        await visit({ index: member, start, bytes: frame.tar.subarray(from, from + length) });
        this.#addChecksum(member, start + length, frame.checksums[position] ?? 0, length, checksums, damaged);
      }
    });
  }

  /** The checksum of an object with several frames can only be compared after its last frame. */
  #addChecksum(
    index: number,
    end: number,
    part: number,
    length: number,
    checksums: Map<number, number>,
    damaged: Map<number, string>,
  ): void {
    const { key, size, crc32 } = this.#object(index);
    const sum = combineCrc32(checksums.get(index) ?? 0, part, length);
    if (end < size) {
      checksums.set(index, sum);
      return;
    }
    checksums.delete(index);
    if (crc32ToHex(sum) === crc32) return;
    damaged.set(index, `the bytes of "${key}" have CRC-32 ${crc32ToHex(sum)}, the source had ${crc32}`);
  }

  #object(index: number): ManifestObject {
    const object = this.#opened.manifest.objects[index];
    if (object !== undefined) return object;
    throw new RangeError(`object ${index} of ${this.entries.length}`);
  }
}

function isDamage(thrown: unknown): thrown is CorruptArchiveError | ManifestMismatchError | ObjectChecksumError {
  return (
    thrown instanceof CorruptArchiveError ||
    thrown instanceof ManifestMismatchError ||
    thrown instanceof ObjectChecksumError
  );
}

function markAll(slices: RestoreFrame['slices'], reason: string, damaged: Map<number, string>): void {
  for (const { member } of slices) damaged.set(member, reason);
}

function entryAt(entries: readonly ArchiveEntry[], index: number): ArchiveEntry {
  const entry = entries[index];
  if (entry !== undefined) return entry;
  throw new RangeError(`object ${index} of ${entries.length}`);
}
