import type { MarginalPrices } from '../../src/adaptive/cost-model.ts';
import { costAtLevel } from './cost-table.ts';
import type { SimulatedArchive, SimulatedFrame } from './workloads.ts';

/** Something that chooses levels: packs archives one after the other and learns from them. */
export interface Packer {
  /** @returns dollars that its levels decided about */
  pack(archive: SimulatedArchive): Promise<number>;
}

export interface PackedFrame {
  readonly bytes: number;
  readonly compressed: number;
  /** CPU time of the machine that packed. */
  readonly cpuSeconds: number;
}

export function packFrame(frame: SimulatedFrame, level: number, hostSpeed: number): PackedFrame {
  const { costs, scale, compressedFactor, secondsFactor } = frame;
  const { compressed, cpuSeconds } = costAtLevel(costs, level);
  const bytes = costs.bytes * scale;
  return {
    bytes,
    // A frame of raw blocks has the size of its content, whatever that is.
    compressed: compressed >= costs.bytes ? compressed * scale : Math.min(bytes, compressed * scale * compressedFactor),
    cpuSeconds: (cpuSeconds * scale * secondsFactor) / hostSpeed,
  };
}

export function frameDollars({ compressed, cpuSeconds }: PackedFrame, prices: MarginalPrices): number {
  return compressed * prices.archiveByte + cpuSeconds * prices.cpuSecond;
}

/** One level for everything. */
export function fixedPacker(level: number, prices: MarginalPrices): Packer {
  return {
    pack: ({ frames, hostSpeed }) =>
      Promise.resolve(frames.reduce((sum, frame) => sum + frameDollars(packFrame(frame, level, hostSpeed), prices), 0)),
  };
}

/** Knows what every level makes of every frame before it chooses. */
export function oracle(levels: readonly number[], prices: MarginalPrices): Packer {
  const best = (frame: SimulatedFrame, hostSpeed: number): number =>
    Math.min(...levels.map((level) => frameDollars(packFrame(frame, level, hostSpeed), prices)));
  return {
    pack: ({ frames, hostSpeed }) => Promise.resolve(frames.reduce((sum, frame) => sum + best(frame, hostSpeed), 0)),
  };
}
