import { KIB } from '../units.ts';
import { type SampleShape, sampleFrame } from './sample-frame.ts';
import { compressBound, type FrameCompressor } from './zstd-frames.ts';

/** Level 1 takes about 0.6 ms for 256 KiB; the fastest level needs 4 ms for a frame. */
const TEST: SampleShape = { slices: 16, length: 16 * KIB };
/** 1.5 MiB: relative gains of levels are accurate to 1-4% (docs/performance.md). */
const PROBE: SampleShape = { slices: 16, length: 96 * KIB };
const TEST_LEVEL = 1;
/** CPU clocks may tick only every 4 ms, but the fastest levels take less for a sample, so they are run repeatedly. */
const MIN_SECONDS = 0.012;
const MAX_RUNS = 6;
/** A higher level takes seconds for a probe, so it is estimated from the others. */
const HIGHEST_PROBED_LEVEL = 12;

export interface ProbedLevel {
  readonly level: number;
  /** Compressed size of the sample as a share of its size. */
  readonly fraction: number;
  readonly secondsPerByte: number;
}

export interface ProbeResult {
  /** Compressed size of the test as a share of its size. */
  readonly fraction: number;
  readonly levels: readonly ProbedLevel[];
}

/** Measures CPU seconds of this thread since its creation. */
type StartClock = () => () => number;

/** Compresses samples of frames at different levels. One per thread, which reuses its memory. */
export class LevelProbe {
  readonly #compressor: FrameCompressor;
  readonly #sample = new Uint8Array(PROBE.slices * PROBE.length);
  readonly #output = new Uint8Array(compressBound(PROBE.slices * PROBE.length));

  constructor(compressor: FrameCompressor) {
    this.#compressor = compressor;
  }

  /** Compressed share of a spread sample at level 1; 1 for no bytes. */
  test(bytes: Uint8Array): number {
    return this.#compress(sampleFrame(bytes, TEST, this.#sample), TEST_LEVEL);
  }

  /** The compressed share of a larger sample at each level, and the time that it takes. */
  probe(bytes: Uint8Array, levels: readonly number[], startClock: StartClock): ProbeResult {
    const fraction = this.test(bytes);
    const sample = sampleFrame(bytes, PROBE, this.#sample);
    const probed = levels.filter((level) => level <= HIGHEST_PROBED_LEVEL);
    return {
      fraction,
      levels: probed.map((level) => {
        const seconds = startClock();
        let runs = 0;
        let left = 1;
        do {
          left = this.#compress(sample, level);
          runs += 1;
        } while (runs < MAX_RUNS && seconds() < MIN_SECONDS);
        return { level, fraction: left, secondsPerByte: seconds() / (runs * Math.max(1, sample.length)) };
      }),
    };
  }

  #compress(sample: Uint8Array, level: number): number {
    if (sample.length === 0) return 1;
    return this.#compressor.compress(this.#output, sample, level) / sample.length;
  }
}
