/** Sizes of one zstd frame, in bytes. */
export interface FrameSize {
  readonly compressed: number;
  readonly decompressed: number;
}

/** A zstd frame and where it begins in the archive. */
export interface FrameEntry extends FrameSize {
  readonly offset: number;
}

/** Frames by their number in the archive: an array, or a table that creates them on demand. */
export interface FrameList extends Iterable<FrameEntry> {
  readonly length: number;
  at(index: number): FrameEntry | undefined;
}
