import type { ContentClass } from './content-class.ts';

/** Why a level was chosen. */
export type LevelReason =
  /** Set in the configuration. */
  | 'configured'
  /** Cheapest according to what has been learned. */
  | 'cheapest'
  /** Cheapest according to a probe of this very archive: the class is new to the rule, or was last probed long ago. */
  | 'probed'
  /** Tried on one frame, to learn. */
  | 'tried'
  /** Faster than the cheapest one, because the invocation has little time left. */
  | 'little-time'
  /** Faster than the cheapest one, because messages wait too long. */
  | 'backlog';

/** A limit on the levels of an archive. */
export interface LevelCap {
  readonly highest: number;
  readonly reason: 'little-time' | 'backlog';
}

/** Levels of a frame: one, and another one in case a test finds that the frame is already compressed. */
export interface ChosenLevels {
  readonly level: number;
  readonly ifPacked?: { readonly above: number; readonly level: number };
  readonly reason: LevelReason;
}

/** A frame before it is compressed. */
export interface UpcomingFrame {
  /** The class that the names in it suggest. */
  readonly expected: ContentClass;
  /** Tar bytes. */
  readonly bytes: number;
  /** Frames of that class in the archive. */
  readonly framesAlike: number;
  /** Tries levels on a sample of the frame. */
  readonly probe: (levels: readonly number[]) => Promise<FrameProbe>;
}

/** The result of probing a frame. A `fraction` is the compressed share of a sample. */
export interface FrameProbe {
  /** Measured by the test that also detects packed content. */
  readonly fraction: number;
  /** Seconds are CPU time of this machine. */
  readonly levels: readonly { readonly level: number; readonly fraction: number; readonly secondsPerByte: number }[];
}

/** The outcome of a frame. */
export interface FrameOutcome {
  readonly expected: ContentClass;
  readonly level: number;
  readonly reason: LevelReason;
  /** Tar bytes before compression, and bytes after it. */
  readonly bytes: number;
  readonly compressed: number;
  /** CPU time of this machine. */
  readonly cpuSeconds: number;
  readonly test?: { readonly fraction: number; readonly isPacked: boolean };
}

/** How much of an archive has a level, and why. */
export interface LevelShare {
  readonly content: ContentClass;
  readonly level: number;
  readonly reason: LevelReason;
  readonly frames: number;
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly cpuSeconds: number;
}

/** The levels of one archive. */
export interface ArchiveLevels {
  /** The level that a class will most likely get. Only for predictions. */
  expect(content: ContentClass): number;
  forFrame(frame: UpcomingFrame): Promise<ChosenLevels>;
  note(outcome: FrameOutcome): void;
  /** The noted outcomes, the most bytes first. */
  shares(): LevelShare[];
  /** The archive was accepted: learns from the noted outcomes. Never fails. */
  learn(): Promise<void>;
}

/** How levels are chosen: one for all, or by cost. */
export interface LevelPolicy {
  /** All possible levels, the fastest first. */
  readonly levels: readonly number[];
  plan(cap?: LevelCap): ArchiveLevels;
}
