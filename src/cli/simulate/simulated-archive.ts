import type { ContentClass } from '../../adaptive/content-class.ts';
import { FRAME_TARGET } from '../../archive/format.ts';
import type { FrameCosts } from './frame-costs.ts';

/** A frame of a simulated archive: a measured one, with random deviations. */
export interface SimulatedFrame {
  /** The class according to the names of its objects. */
  readonly content: ContentClass;
  readonly costs: FrameCosts;
  /** Size of the frame divided by that of the measured one. */
  readonly scale: number;
  /** How compressed bytes and CPU time differ from the measured frame's. */
  readonly compressedFactor: number;
  readonly secondsFactor: number;
}

export interface SimulatedArchive {
  readonly frames: readonly SimulatedFrame[];
  /** Of the packing machine, divided by that of the measuring one. */
  readonly hostSpeed: number;
}

/** A measured frame, and how often it occurs. */
export interface WeightedFrame {
  readonly content: ContentClass;
  readonly costs: FrameCosts;
  /** Bytes of objects that it represents. */
  readonly weight: number;
}

export interface StreamOptions {
  readonly count: number;
  /** Bytes of an archive's frames, all of one size. */
  readonly archiveBytes: number;
  readonly random: () => number;
}

/**
 * Archives of a stream: frames are drawn in proportion to the bytes that they represent, and are as large as the
 * product's.
 */
export function drawArchives(
  frames: readonly WeightedFrame[],
  { count, archiveBytes, random }: StreamOptions,
): SimulatedArchive[] {
  const total = frames.reduce((sum, { weight }) => sum + weight, 0);
  const draw = (): WeightedFrame => {
    let left = random() * total;
    const found = frames.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    const drawn = found ?? frames.at(-1);
    if (drawn === undefined) throw new RangeError('There is no frame to draw');
    return drawn;
  };
  const perArchive = Math.max(1, Math.ceil(archiveBytes / FRAME_TARGET));
  return Array.from({ length: count }, () => ({
    frames: Array.from({ length: perArchive }, () => {
      const { content, costs } = draw();
      const scale = archiveBytes / perArchive / costs.bytes;
      return { content, costs, scale, compressedFactor: 1, secondsFactor: 1 };
    }),
    hostSpeed: 1,
  }));
}
