import { seededRandom } from '../../local-cloud/faults/random.ts';
import type { MarginalPrices } from '../../src/adaptive/cost-model.ts';
import { type Packer, simulateFrame, sumFrames } from '../../src/cli/simulate/packers.ts';
import type { WorkloadArchive } from './workloads.ts';

/** Constants that the public implementation publishes. */
const DEFAULT_LEVEL = 12;
const LEVELS = { least: 1, most: 22 };
const TRIALS_THAT_COUNT = 10;
const EXPLORATION = { first: 0.25, least: 0.125, decay: 0.98, updates: 1000 };
/** Shares of exploration by distance in levels, of 25%. */
const DISTANCES = [
  { distance: 1, share: 15 },
  { distance: 2, share: 6.25 },
  { distance: 3, share: 3.75 },
];
const EXPLORED = 25;
const TRANSFER_DOLLARS_PER_BYTE = 0.02e-9;
const FARGATE_DOLLARS_PER_SECOND = 0.000395 / 60;
const OVERHEAD = 1.025;
const SLOW = 1.1;
const FAST = 0.9;
const THREADS = 2;

/**
 * The public algorithm, rebuilt from its published constants. It uses one level per archive, by the mean benefit per
 * object: transfer saved minus the time of download, compression and upload. A level counts after ten trials; if none
 * saves money, the default stays. Hosts that are slower or faster than the fleet use one level less or more.
 */
export function publicPacker(prices: MarginalPrices, seed: number): Packer<WorkloadArchive> {
  const random = seededRandom(seed);
  const stats = new Map<number, { benefit: number; trials: number; objects: number }>();
  let updates = 0;
  let cpuFactors = 0;
  const best = (): number => {
    let level = DEFAULT_LEVEL;
    let most = 0;
    for (const [candidate, { benefit, trials, objects }] of stats) {
      if (trials < TRIALS_THAT_COUNT || benefit / objects <= most) continue;
      most = benefit / objects;
      level = candidate;
    }
    return level;
  };
  const choose = (cpuFactor: number): number => {
    const share = Math.max(EXPLORATION.least, EXPLORATION.first * EXPLORATION.decay ** (updates / EXPLORATION.updates));
    if (random() < share) return clamp(best() + distance(random()) * (random() < 0.5 ? -1 : 1));
    const mean = updates === 0 ? cpuFactor : cpuFactors / updates;
    if (cpuFactor > SLOW * mean) return clamp(best() - 1);
    return cpuFactor < FAST * mean ? clamp(best() + 1) : best();
  };
  return {
    pack: ({ frames, hostSpeed, objects, networkSeconds }) => {
      const cpuFactor = 1 / hostSpeed;
      const level = choose(cpuFactor);
      const packed = frames.map((frame) => simulateFrame(frame, level, hostSpeed));
      const saved = packed.reduce((sum, { bytes, compressed }) => sum + bytes - compressed, 0);
      const seconds = packed.reduce((sum, { cpuSeconds }) => sum + cpuSeconds / THREADS, networkSeconds) / cpuFactor;
      const benefit = saved * TRANSFER_DOLLARS_PER_BYTE - seconds * FARGATE_DOLLARS_PER_SECOND * OVERHEAD;
      const known = stats.get(level) ?? { benefit: 0, trials: 0, objects: 0 };
      stats.set(level, {
        benefit: known.benefit + benefit,
        trials: known.trials + 1,
        objects: known.objects + objects,
      });
      updates += 1;
      cpuFactors += cpuFactor;
      return Promise.resolve(sumFrames(packed, prices));
    },
  };
}

function distance(part: number): number {
  let rest = part * EXPLORED;
  for (const { distance, share } of DISTANCES) {
    if (rest < share) return distance;
    rest -= share;
  }
  return 1;
}

function clamp(level: number): number {
  return Math.min(LEVELS.most, Math.max(LEVELS.least, level));
}
