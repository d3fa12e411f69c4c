import type { FrameSize } from './frame-entry.ts';

/** Sizes of the frames of an archive that is being written: 8 bytes per frame; an object per frame would take 50. */
export class FrameSizes implements Iterable<FrameSize> {
  #pairs = new Uint32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push({ compressed, decompressed }: FrameSize): void {
    if (2 * this.#length === this.#pairs.length) {
      const grown = new Uint32Array(2 * this.#pairs.length);
      grown.set(this.#pairs);
      this.#pairs = grown;
    }
    this.#pairs[2 * this.#length] = compressed;
    this.#pairs[2 * this.#length + 1] = decompressed;
    this.#length += 1;
  }

  /** Compressed bytes of each of the first frames. */
  compressedSizes(frames: number): Uint32Array {
    return Uint32Array.from({ length: Math.min(frames, this.#length) }, (_, index) => this.#pairs[2 * index] ?? 0);
  }

  *[Symbol.iterator](): Generator<FrameSize, void, undefined> {
    for (let index = 0; index < this.#length; index += 1) {
      yield { compressed: this.#pairs[2 * index] ?? 0, decompressed: this.#pairs[2 * index + 1] ?? 0 };
    }
  }
}
