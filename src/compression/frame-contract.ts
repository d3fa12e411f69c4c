import type { ExpectedSlice, NamedSlice } from '../archive/frame-bytes.ts';
import type { ProbeResult } from './probe-levels.ts';

/**
 * What the main thread and the workers of the pool say to each other. Buffers travel by transfer, both ways: whoever
 * holds one owns it, and gets it back in the answer, so that nothing is copied and nothing is allocated a frame.
 */
export interface CompressFrameTask {
  readonly kind: 'compress';
  /** Object bytes at their planned offsets; the worker makes it tar. */
  readonly input: ArrayBuffer;
  readonly slices: readonly NamedSlice[];
  readonly endsTar: boolean;
  /** Receives the zstd frame; at least `compressBound(tar bytes)`. */
  readonly output: ArrayBuffer;
  readonly levels: FrameLevels;
}

/** zstd's levels: -7 to 22, or the lowest there is, which stores. */
export interface FrameLevels {
  readonly level: number;
  /** Taken for a frame of which a spread sample keeps more than this share of its size. Absent: nothing is tested. */
  readonly ifPacked?: { readonly above: number; readonly level: number };
}

export interface CompressedFrame {
  readonly kind: 'compressed';
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
  /** Bytes of the zstd frame, at the start of `output`. */
  readonly compressed: number;
  /** Tar bytes that went in. */
  readonly decompressed: number;
  readonly offsets: readonly number[];
  readonly checksums: readonly number[];
  /** CRC-32 of the zstd frame. */
  readonly frameChecksum: number;
  /** CPU time of this frame in the worker, in seconds. */
  readonly cpuSeconds: number;
  /** The level that was taken. */
  readonly level: number;
  /** What the test of a spread sample found; absent when none was asked for. */
  readonly test?: { readonly fraction: number; readonly packed: boolean };
}

/** Tries levels on a sample of a frame that is about to be compressed. */
export interface ProbeFrameTask {
  readonly kind: 'probe';
  readonly input: ArrayBuffer;
  /** Bytes of the frame, at the start of `input`. */
  readonly size: number;
  readonly levels: readonly number[];
}

export interface ProbedFrame extends ProbeResult {
  readonly kind: 'probed';
  readonly input: ArrayBuffer;
}

/** Measures how fast this machine compresses. */
export interface MeasureSpeedTask {
  readonly kind: 'measure-speed';
}

export interface MeasuredSpeed {
  readonly kind: 'speed';
  /** MB of compressible text in a second of CPU time. */
  readonly megabytesPerSecond: number;
}

export interface RestoreFrameTask {
  readonly kind: 'restore';
  /** Holds one zstd frame, at its start. */
  readonly input: ArrayBuffer;
  readonly compressed: number;
  /** Receives the tar bytes. */
  readonly output: ArrayBuffer;
  /** Decompressed size by the seek table; anything else is an error. */
  readonly decompressed: number;
  readonly slices: readonly ExpectedSlice[];
}

export interface RestoredFrame {
  readonly kind: 'restored';
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
  readonly checksums: readonly number[];
  readonly cpuSeconds: number;
}

/**
 * A frame that could not be restored. Errors lose their class on the way between threads, so they travel as data and
 * the pool builds the typed error again. `frame`: bad zstd data; `member`: tar bytes are not what the manifest says;
 * `checksum`: an object's bytes are not those of the source.
 */
export interface FailedFrame {
  readonly kind: 'failed';
  readonly reason: 'frame' | 'member' | 'checksum';
  readonly message: string;
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
}

export type FrameTask = CompressFrameTask | ProbeFrameTask | MeasureSpeedTask | RestoreFrameTask;
export type FrameResult = CompressedFrame | ProbedFrame | MeasuredSpeed | RestoredFrame | FailedFrame;

/** The buffers of a task or an answer, which are transferred instead of copied. */
export function frameBuffersOf(message: FrameTask | FrameResult): ArrayBuffer[] {
  return [...('input' in message ? [message.input] : []), ...('output' in message ? [message.output] : [])];
}
