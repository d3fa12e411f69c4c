import { createAdaptiveLevels } from '../../adaptive/adaptive-levels.ts';
import { type ContentClass, INCOMPRESSIBLE_FRACTION } from '../../adaptive/content-class.ts';
import type { MarginalPrices } from '../../adaptive/cost-model.ts';
import type { FrameProbe } from '../../adaptive/level-policy.ts';
import { StatisticsCache } from '../../adaptive/statistics-cache.ts';
import { KIB, MIB } from '../../units.ts';
import { type Packed, type PackedFrame, type Packer, simulateFrame, sumFrames } from './packers.ts';
import type { SimulatedArchive, SimulatedFrame } from './simulated-archive.ts';

/** Bytes of the samples of a probe, and of a test, as compression/probe-levels.ts uses them. */
const PROBE_BYTES = 1.5 * MIB;
const TEST_BYTES = 256 * KIB;
const TEST_LEVEL = 1;

type RandomNumber = () => number;

/**
 * The product's own choice of levels, with simulated frames. The cost of tests and probes is included in its dollars.
 */
export function learningPacker(candidates: readonly number[], prices: MarginalPrices, random: RandomNumber): Packer {
  let hostSpeed = 1;
  const policy = createAdaptiveLevels({
    levels: candidates,
    prices,
    statistics: new StatisticsCache({ rule: 'rule', store: undefined, now: () => 0, onFailure: fail }),
    cpuSpeed: {
      get known() {
        return hostSpeed;
      },
      measure: () => Promise.resolve(hostSpeed),
    },
    random,
  });
  return {
    pack: async (archive) => {
      hostSpeed = archive.hostSpeed;
      return packArchive(policy.plan(), archive, prices, random);
    },
  };
}

async function packArchive(
  levels: ReturnType<ReturnType<typeof createAdaptiveLevels>['plan']>,
  { frames, hostSpeed }: SimulatedArchive,
  prices: MarginalPrices,
  random: RandomNumber,
): Promise<Packed> {
  const packedFrames: PackedFrame[] = [];
  let probeSeconds = 0;
  for (const frame of frames) {
    const expected: ContentClass = frame.content;
    const framesAlike = frames.filter(({ content }) => content === expected).length;
    const probe = (): Promise<FrameProbe> => {
      const found = probeFrame(frame, hostSpeed, random);
      probeSeconds += found.levels.reduce((sum, { secondsPerByte }) => sum + secondsPerByte * PROBE_BYTES, 0);
      return Promise.resolve(found);
    };
    const chosen = await levels.forFrame({ expected, bytes: frame.costs.bytes * frame.scale, framesAlike, probe });
    const { fraction, cpuSeconds: testSeconds } = testFrame(frame, hostSpeed);
    const isPacked = chosen.ifPacked !== undefined && fraction > INCOMPRESSIBLE_FRACTION;
    const level = isPacked ? chosen.ifPacked.level : chosen.level;
    const result = simulateFrame(frame, level, hostSpeed);
    const cpuSeconds = result.cpuSeconds + testSeconds;
    packedFrames.push({ ...result, cpuSeconds });
    const { bytes, compressed } = result;
    levels.note({
      expected,
      level,
      reason: chosen.reason,
      bytes,
      compressed,
      cpuSeconds,
      test: { fraction, isPacked },
    });
  }
  await levels.learn();
  return sumFrames([...packedFrames, { bytes: 0, compressed: 0, cpuSeconds: probeSeconds }], prices);
}

function testFrame(frame: SimulatedFrame, hostSpeed: number): { fraction: number; cpuSeconds: number } {
  const { bytes, cpuSeconds } = simulateFrame(frame, TEST_LEVEL, hostSpeed);
  return {
    fraction: Math.min(1, frame.costs.fraction * frame.compressedFactor),
    cpuSeconds: (cpuSeconds * TEST_BYTES) / bytes,
  };
}

/** What the workers' probe measured of the sample, with the deviations of this frame. */
function probeFrame(
  { costs, compressedFactor, secondsFactor }: SimulatedFrame,
  hostSpeed: number,
  random: RandomNumber,
): FrameProbe {
  return {
    fraction: Math.min(1, costs.probe.fraction * compressedFactor),
    levels: costs.probe.levels.map(({ level, fraction, secondsPerByte }) => ({
      level,
      fraction: fraction >= 1 ? fraction : Math.min(1, fraction * compressedFactor * (0.98 + 0.04 * random())),
      secondsPerByte: (secondsPerByte * secondsFactor * (0.9 + 0.2 * random())) / hostSpeed,
    })),
  };
}

function fail(error: Error): never {
  throw error;
}
