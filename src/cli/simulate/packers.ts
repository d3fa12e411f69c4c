import type { MarginalPrices } from '../../adaptive/cost-model.ts';
import { costAtLevel } from './frame-costs.ts';
import type { SimulatedArchive, SimulatedFrame } from './simulated-archive.ts';

/** Something that chooses levels: packs archives one after the other and learns from them. */
export interface Packer<Archive extends SimulatedArchive = SimulatedArchive> {
  pack(archive: Archive): Promise<Packed>;
}

/** The result of an archive. */
export interface Packed {
  /** USD of the costs that depend on the level: transfer and staging of its bytes, and CPU time. */
  readonly dollars: number;
  readonly bytes: number;
  readonly compressed: number;
  readonly cpuSeconds: number;
}

export interface PackedFrame {
  readonly bytes: number;
  readonly compressed: number;
  /** CPU time of the machine that packed. */
  readonly cpuSeconds: number;
}

export function simulateFrame(frame: SimulatedFrame, level: number, hostSpeed: number): PackedFrame {
  const { costs, scale, compressedFactor, secondsFactor } = frame;
  const { compressed, cpuSeconds } = costAtLevel(costs, level);
  const bytes = costs.bytes * scale;
  return {
    bytes,
    // A frame of raw blocks has the size of its content.
    compressed: compressed >= costs.bytes ? compressed * scale : Math.min(bytes, compressed * scale * compressedFactor),
    cpuSeconds: (cpuSeconds * scale * secondsFactor) / hostSpeed,
  };
}

export function frameDollars({ compressed, cpuSeconds }: PackedFrame, prices: MarginalPrices): number {
  return compressed * prices.archiveByte + cpuSeconds * prices.cpuSecond;
}

export function sumFrames(frames: readonly PackedFrame[], prices: MarginalPrices): Packed {
  const sum = { dollars: 0, bytes: 0, compressed: 0, cpuSeconds: 0 };
  for (const frame of frames) {
    sum.dollars += frameDollars(frame, prices);
    sum.bytes += frame.bytes;
    sum.compressed += frame.compressed;
    sum.cpuSeconds += frame.cpuSeconds;
  }
  return sum;
}

/** One level for everything. */
export function fixedPacker(level: number, prices: MarginalPrices): Packer {
  return {
    pack: ({ frames, hostSpeed }) =>
      Promise.resolve(
        sumFrames(
          frames.map((frame) => simulateFrame(frame, level, hostSpeed)),
          prices,
        ),
      ),
  };
}

/** Knows the result of every level for every frame before it chooses. */
export function bestPossiblePacker(levels: readonly number[], prices: MarginalPrices): Packer {
  const best = (frame: SimulatedFrame, hostSpeed: number): PackedFrame => {
    const packed = levels.map((level) => simulateFrame(frame, level, hostSpeed));
    return packed.reduce((left, right) => (frameDollars(right, prices) < frameDollars(left, prices) ? right : left));
  };
  return {
    pack: ({ frames, hostSpeed }) =>
      Promise.resolve(
        sumFrames(
          frames.map((frame) => best(frame, hostSpeed)),
          prices,
        ),
      ),
  };
}
