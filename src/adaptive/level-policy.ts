import type { ContentClass } from './content-class.ts';

/** Why a level was taken. */
export type LevelReason =
  /** The configuration says so. */
  | 'configured'
  /** Cheapest by what was learned. */
  | 'cheapest'
  /** Cheapest by a probe of this very archive: the class is new to the rule, or was last probed long ago. */
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

/** Levels of a frame: one, and one in its place if a test finds that the frame is compressed already. */
export interface ChosenLevels {
  readonly level: number;
  readonly ifPacked?: { readonly above: number; readonly level: number };
  readonly reason: LevelReason;
}

/** A frame before it is compressed. */
export interface FrameAhead {
  /** By the names in it. */
  readonly expected: ContentClass;
  /** Tar bytes. */
  readonly bytes: number;
  /** Frames of that class in the archive. */
  readonly framesAlike: number;
  /** Tries levels on a sample of the frame. */
  readonly probe: (levels: readonly number[]) => Promise<FrameProbe>;
}

/** What a probe of a frame found. `fraction`s are shares of its size that a sample was left with. */
export interface FrameProbe {
  /** By the test that also tells what is packed. */
  readonly fraction: number;
  /** Seconds are CPU time of this machine. */
  readonly levels: readonly { readonly level: number; readonly fraction: number; readonly secondsPerByte: number }[];
}

/** What became of a frame. */
export interface FrameOutcome {
  readonly expected: ContentClass;
  readonly level: number;
  readonly reason: LevelReason;
  /** Tar bytes that went in, and bytes that came out. */
  readonly bytes: number;
  readonly compressed: number;
  /** CPU time of this machine. */
  readonly cpuSeconds: number;
  readonly test?: { readonly fraction: number; readonly packed: boolean };
}

/** How much of an archive got a level, and why. */
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
  forFrame(frame: FrameAhead): Promise<ChosenLevels>;
  note(outcome: FrameOutcome): void;
  /** What was noted, the most bytes first. */
  shares(): LevelShare[];
  /** The archive was accepted: what was noted is learned. Never fails. */
  learn(): Promise<void>;
}

/** How levels are decided: one for all, or by dollars. */
export interface LevelPolicy {
  /** All that may come, the fastest first. */
  readonly levels: readonly number[];
  plan(cap?: LevelCap): ArchiveLevels;
}
