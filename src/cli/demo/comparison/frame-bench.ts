import { startCpuClock } from '../../../compression/cpu-clock.ts';
import { LevelProbe } from '../../../compression/probe-levels.ts';
import { compressBound, FrameCompressor } from '../../../compression/zstd-frames.ts';

/** A frame compressed again. */
export interface Recompressed {
  readonly bytes: number;
  /** CPU time. */
  readonly seconds: number;
  /** Whether the result equals the bytes in the archive. */
  readonly isOriginal: boolean;
}

/**
 * Compresses frames on this thread, with a context for each level, so that no frame's time includes a change of levels.
 */
export class FrameBench {
  readonly #compressors = new Map<number, FrameCompressor>();
  readonly #probe = new LevelProbe(new FrameCompressor());
  #output = new Uint8Array(0);

  /** @param original the frame as the archive has it */
  compress(tar: Uint8Array, original: Uint8Array, level: number): Recompressed {
    const bound = compressBound(tar.length);
    if (this.#output.length < bound) this.#output = new Uint8Array(bound);
    const compressor = this.#compressors.get(level) ?? new FrameCompressor();
    this.#compressors.set(level, compressor);
    const clock = startCpuClock();
    const bytes = compressor.compress(this.#output, tar, level);
    const seconds = clock();
    return { bytes, seconds, isOriginal: Buffer.compare(this.#output.subarray(0, bytes), original) === 0 };
  }

  /** The cost per frame of detecting content that is already compressed. */
  test(tar: Uint8Array): { readonly fraction: number; readonly seconds: number } {
    const seconds = startCpuClock();
    const fraction = this.#probe.test(tar);
    return { fraction, seconds: seconds() };
  }

  /** @returns seconds that trying these levels on a sample takes */
  probe(tar: Uint8Array, levels: readonly number[]): number {
    const seconds = startCpuClock();
    this.#probe.probe(tar, levels, startCpuClock);
    return seconds();
  }
}
