import type { MarginalPrices } from '../../adaptive/cost-model.ts';
import { describeLevel } from '../../configuration/schema/levels.ts';
import { sampleRandom } from '../estimate/sample-random.ts';
import { learningPacker } from './learning-packer.ts';
import { bestPossiblePacker, fixedPacker, type Packer } from './packers.ts';
import { drawArchives, type WeightedFrame } from './simulated-archive.ts';

/** The result of one way to choose levels for a stream. */
export interface LevelCosts {
  /** `learned`, or a fixed level. */
  readonly level: string;
  /** Bytes of objects divided by bytes of archives. */
  readonly ratio: number;
  /** Of the reference machine. */
  readonly cpuSecondsPerGigabyte: number;
  /** USD of the costs that depend on the level, per byte of objects: transfer and staging of archives, and CPU time. */
  readonly dollarsPerByte: number;
  /** Dollars over those of the best choice for each frame in hindsight, as a share of them. */
  readonly overBest: number;
}

export interface SimulationOptions {
  readonly levels: readonly number[];
  readonly prices: MarginalPrices;
  readonly archives: number;
  readonly archiveBytes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called with the number of packed archives, over all ways of choosing. */
  readonly onPacked: (archives: number) => void;
}

export interface LevelSimulation {
  readonly learned: LevelCosts;
  /** The fastest level first. */
  readonly fixed: readonly LevelCosts[];
  /** Extra cost of learning over the best choice, up to an archive, as a share. */
  readonly progress: readonly { readonly archives: number; readonly overBest: number }[];
}

const MILESTONES = [10, 100, 1000, 10_000];
/** Archives between two checks for Ctrl-C. */
const BREATH = 16;

/** Replays one stream with each way of choosing levels. The same seed gives the same stream. */
export async function simulateLevels(
  frames: readonly WeightedFrame[],
  { levels, prices, archives: count, archiveBytes, seed, signal, onPacked }: SimulationOptions,
): Promise<LevelSimulation> {
  const archives = drawArchives(frames, { count, archiveBytes, random: sampleRandom(seed) });
  const replay = async (packer: Packer): Promise<PackedTotals[]> => {
    const sums: PackedTotals[] = [];
    let sum: PackedTotals = { dollars: 0, bytes: 0, compressed: 0, cpuSeconds: 0 };
    for (const [index, archive] of archives.entries()) {
      if (index % BREATH === 0) await breathe(signal);
      sum = add(sum, await packer.pack(archive));
      sums.push(sum);
      onPacked(1);
    }
    return sums;
  };
  const best = await replay(bestPossiblePacker(levels, prices));
  const learned = await replay(learningPacker(levels, prices, sampleRandom(seed + 1)));
  const fixed: LevelCosts[] = [];
  for (const level of levels) {
    fixed.push(costsOf(describeLevel(level), await replay(fixedPacker(level, prices)), best));
  }
  const milestones = [...MILESTONES.filter((milestone) => milestone < count), count];
  return {
    learned: costsOf('learned', learned, best),
    fixed,
    progress: milestones.map((milestone) => ({
      archives: milestone,
      overBest: overBest(learned[milestone - 1], best[milestone - 1]),
    })),
  };
}

type PackedTotals = Awaited<ReturnType<Packer['pack']>>;

function add(left: PackedTotals, right: PackedTotals): PackedTotals {
  return {
    dollars: left.dollars + right.dollars,
    bytes: left.bytes + right.bytes,
    compressed: left.compressed + right.compressed,
    cpuSeconds: left.cpuSeconds + right.cpuSeconds,
  };
}

function costsOf(level: string, sums: readonly PackedTotals[], best: readonly PackedTotals[]): LevelCosts {
  const { dollars, bytes, compressed, cpuSeconds } = sums.at(-1) ?? {
    dollars: 0,
    bytes: 0,
    compressed: 0,
    cpuSeconds: 0,
  };
  return {
    level,
    ratio: bytes / Math.max(1, compressed),
    cpuSecondsPerGigabyte: (1e9 * cpuSeconds) / Math.max(1, bytes),
    dollarsPerByte: dollars / Math.max(1, bytes),
    overBest: overBest(sums.at(-1), best.at(-1)),
  };
}

function overBest(sum: PackedTotals | undefined, best: PackedTotals | undefined): number {
  return sum === undefined || best === undefined || best.dollars === 0 ? 0 : sum.dollars / best.dollars - 1;
}

/** Lets pending signals be handled. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  signal.throwIfAborted();
}
