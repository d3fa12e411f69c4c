// A CommonJS module without static exports: Node provides its names on the default export only.
import zstd from 'zstd-napi/binding.js';

/** Largest size that a frame of `size` bytes can take when compressed. */
export function compressBound(size: number): number {
  return zstd.compressBound(size);
}

/** One zstd compression context, kept for the life of its thread so that its tables are allocated once. */
export class FrameCompressor {
  readonly #context = new zstd.CCtx();
  #level: number | undefined;

  /**
   * Writes `input` as one zstd frame with content size and content checksum.
   * @param level zstd's, -7 to 22
   * @returns bytes written to `output`, which must have `compressBound(input.length)` bytes
   */
  compress(output: Uint8Array, input: Uint8Array, level: number): number {
    if (this.#level !== level) {
      this.#context.reset(zstd.ResetDirective.sessionAndParameters);
      this.#context.setParameter(zstd.CParameter.compressionLevel, level);
      this.#context.setParameter(zstd.CParameter.checksumFlag, 1);
      this.#context.setParameter(zstd.CParameter.contentSizeFlag, 1);
      this.#level = level;
    }
    return this.#context.compress2(output, input);
  }
}

/** One zstd decompression context, kept for the life of its thread. */
export class FrameDecompressor {
  readonly #context = new zstd.DCtx();

  /**
   * Restores exactly one frame. Its declared size is checked before a byte is written, so a frame that is larger than
   * the seek table says costs nothing.
   * @throws Error when the data is damaged, or its size is not `size`
   */
  decompress(output: Uint8Array, input: Uint8Array, size: number): void {
    const declared = zstd.getFrameContentSize(input);
    if (declared !== size)
      throw new Error(`the frame declares ${declared ?? 'no'} bytes, but the seek table says ${size}`);
    const written = this.#context.decompress(output.subarray(0, size), input);
    if (written !== size) throw new Error(`the frame holds ${written} bytes, but the seek table says ${size}`);
  }
}
