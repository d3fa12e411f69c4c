import type { FrameEntry } from './frame-entry.ts';

/** Frames between two stored offsets: the most that have to be added up to find a frame. */
const STRIDE = 256;

/**
 * The frames of an archive, read on demand from the bytes of its seek table: an archive of 50 TB has six million, which
 * take 48 MB as bytes and ten times that as objects.
 */
export class FrameTable implements Iterable<FrameEntry> {
  readonly length: number;
  /** Bytes of all frames: the position of the seek table. */
  readonly end: number;
  readonly #entries: Buffer;
  readonly #entrySize: number;
  /** Offset of every STRIDE-th frame. */
  readonly #offsets: Float64Array;

  /** @param entries of the seek table, without its header and footer @param entrySize bytes of one, 8 or 12 */
  constructor(entries: Buffer, entrySize: number) {
    this.#entries = entries;
    this.#entrySize = entrySize;
    this.length = entries.length / entrySize;
    this.#offsets = new Float64Array(Math.ceil(this.length / STRIDE));
    let offset = 0;
    for (let index = 0; index < this.length; index += 1) {
      if (index % STRIDE === 0) this.#offsets[index / STRIDE] = offset;
      offset += this.#compressed(index);
    }
    this.end = offset;
  }

  /** Frame `index`, counted from 0, or from the end when it is negative. */
  at(index: number): FrameEntry | undefined {
    const wanted = index < 0 ? this.length + index : index;
    if (wanted < 0 || wanted >= this.length) return undefined;
    const nearest = wanted - (wanted % STRIDE);
    let offset = this.#offsets[nearest / STRIDE] ?? 0;
    for (let before = nearest; before < wanted; before += 1) offset += this.#compressed(before);
    return this.#entry(wanted, offset);
  }

  *[Symbol.iterator](): Generator<FrameEntry, void, undefined> {
    let offset = 0;
    for (let index = 0; index < this.length; index += 1) {
      const entry = this.#entry(index, offset);
      yield entry;
      offset += entry.compressed;
    }
  }

  #entry(index: number, offset: number): FrameEntry {
    const decompressed = this.#entries.readUInt32LE(index * this.#entrySize + 4);
    return { offset, compressed: this.#compressed(index), decompressed };
  }

  #compressed(index: number): number {
    return this.#entries.readUInt32LE(index * this.#entrySize);
  }
}
