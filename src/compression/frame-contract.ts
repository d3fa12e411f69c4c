import type { ExpectedSlice, NamedSlice } from '../archive/frame-bytes.ts';
import type { ProbeResult } from './probe-levels.ts';

/**
 * The messages between the main thread and the workers of the pool. Buffers are transferred in both directions: a
 * worker owns the buffer while it works, and the answer returns it, so nothing is copied or allocated per frame.
 */
export interface CompressFrameTask {
  readonly kind: 'compress';
  /** Object bytes at their planned offsets; the worker turns them into tar. */
  readonly input: ArrayBuffer;
  readonly slices: readonly NamedSlice[];
  readonly endsTar: boolean;
  /** Receives the zstd frame; at least `compressBound(tar bytes)`. */
  readonly output: ArrayBuffer;
  readonly levels: FrameLevels;
}

/** zstd's levels: -7 to 22, or the lowest possible, which means `store`. */
export interface FrameLevels {
  readonly level: number;
  /** The level to use if a spread sample of the frame keeps more than this share of its size. Absent: no test. */
  readonly ifPacked?: { readonly above: number; readonly level: number };
}

export interface CompressedFrame {
  readonly kind: 'compressed';
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
  /** Bytes of the zstd frame, at the start of `output`. */
  readonly compressed: number;
  /** Tar bytes before compression. */
  readonly decompressed: number;
  readonly offsets: readonly number[];
  readonly checksums: readonly number[];
  /** CRC-32 of the zstd frame. */
  readonly frameChecksum: number;
  /** CPU time of this frame in the worker, in seconds. */
  readonly cpuSeconds: number;
  /** The level that was used. */
  readonly level: number;
  /** The result of testing a spread sample; absent if no test was requested. */
  readonly test?: { readonly fraction: number; readonly isPacked: boolean };
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
  /** MB of compressible text per second of CPU time. */
  readonly megabytesPerSecond: number;
}

export interface RestoreFrameTask {
  readonly kind: 'restore';
  /** Holds one zstd frame, at its start. */
  readonly input: ArrayBuffer;
  readonly compressed: number;
  /** Receives the tar bytes. */
  readonly output: ArrayBuffer;
  /** Decompressed size according to the seek table; anything else is an error. */
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
 * A frame that could not be restored. Errors lose their class between threads, so they are sent as data and the pool
 * rebuilds the typed error. `frame`: bad zstd data; `member`: tar bytes are not what the manifest says; `checksum`: an
 * object's bytes are not those of the source.
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
