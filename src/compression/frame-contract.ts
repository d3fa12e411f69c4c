import type { ExpectedSlice, NamedSlice } from '../archive/frame-bytes.ts';

/**
 * What the main thread and the workers of the pool say to each other. Buffers travel by transfer, both ways: whoever
 * holds one owns it, and gets it back in the answer, so that nothing is copied and nothing is allocated a frame.
 */
export interface CompressFrameTask {
  readonly kind: 'compress';
  /** Object bytes at their planned places; the worker makes it tar. */
  readonly input: ArrayBuffer;
  readonly slices: readonly NamedSlice[];
  readonly endsTar: boolean;
  /** Receives the zstd frame; at least `compressBound(tar bytes)`. */
  readonly output: ArrayBuffer;
  /** zstd's: -7 to 22. */
  readonly level: number;
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

export type FrameTask = CompressFrameTask | RestoreFrameTask;
export type FrameResult = CompressedFrame | RestoredFrame | FailedFrame;
