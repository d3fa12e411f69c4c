import { describe, expect, test } from '@jest/globals';
import { sampleRandom } from '../../../../src/cli/estimate/sample-random.ts';
import type { FrameCosts } from '../../../../src/cli/simulate/frame-costs.ts';
import { describeAdvice, renderSimulation } from '../../../../src/cli/simulate/render-simulation.ts';
import { simulateLevels } from '../../../../src/cli/simulate/simulate-levels.ts';
import { drawArchives, type WeightedFrame } from '../../../../src/cli/simulate/simulated-archive.ts';
import { MIB } from '../../../../src/units.ts';

/** A byte of an archive costs as much as 10 ns of CPU time. */
const PRICES = { archiveByte: 1e-9, cpuSecond: 0.1 };

/** A frame, with the share that each level leaves and the seconds that it takes. */
function frameOf(levels: readonly (readonly [level: number, left: number, seconds: number])[]): FrameCosts {
  const bytes = 8 * MIB;
  const fraction = levels.find(([level]) => level === 1)?.[1] ?? 1;
  return {
    bytes,
    fraction,
    levels: levels.map(([level, left, cpuSeconds]) => ({ level, compressed: bytes * left, cpuSeconds })),
    probe: {
      fraction,
      levels: levels.map(([level, left, seconds]) => ({ level, fraction: left, secondsPerByte: seconds / bytes })),
    },
  };
}

const TEXT: WeightedFrame = {
  content: 'text',
  costs: frameOf([
    [1, 0.4, 0.01],
    [6, 0.25, 0.015],
    [12, 0.24, 0.2],
  ]),
  weight: 3,
};
const NOISE: WeightedFrame = {
  content: 'other',
  costs: frameOf([
    [1, 1, 0.005],
    [6, 1, 0.02],
    [12, 1, 0.3],
  ]),
  weight: 1,
};

function simulate(frames: readonly WeightedFrame[], archives = 200): ReturnType<typeof simulateLevels> {
  return simulateLevels(frames, {
    levels: [1, 6, 12],
    prices: PRICES,
    archives,
    archiveBytes: 32 * MIB,
    seed: 1,
    signal: new AbortController().signal,
    onPacked: () => undefined,
  });
}

describe('a simulated stream', () => {
  test('draws frames in proportion to the bytes that they represent, at the size of real frames', () => {
    const archives = drawArchives([TEXT, NOISE], { count: 500, archiveBytes: 32 * MIB, random: sampleRandom(1) });
    const frames = archives.flatMap((archive) => archive.frames);
    expect(frames).toHaveLength(500 * 4);
    const text = frames.filter(({ content }) => content === 'text').length / frames.length;
    expect(Math.abs(text - 0.75)).toBeLessThan(0.04);
    expect(new Set(frames.map(({ scale, costs }) => scale * costs.bytes))).toEqual(new Set([8 * MIB]));
  });

  test('costs what its levels cost, and learning comes close to the best choice for each frame', async () => {
    const { learned, fixed, progress } = await simulate([TEXT, NOISE]);
    expect(fixed.map(({ level }) => level)).toEqual(['1', '6', '12']);
    const [one, six] = fixed;
    // Three quarters are text, at 0.25; one quarter does not compress.
    expect(Math.abs((six?.ratio ?? 0) - 1 / (0.75 * 0.25 + 0.25))).toBeLessThan(0.15);
    expect(six?.overBest).toBeLessThan(one?.overBest ?? 0);
    expect(learned.overBest).toBeGreaterThanOrEqual(0);
    expect(learned.overBest).toBeLessThan(0.04);
    expect(progress.map(({ archives }) => archives)).toEqual([10, 100, 200]);
    expect(progress.at(-1)?.overBest).toBe(learned.overBest);
  });

  test('is the same each time', async () => {
    expect(await simulate([TEXT, NOISE], 20)).toEqual(await simulate([TEXT, NOISE], 20));
  });

  test('ends at Ctrl-C', async () => {
    const interruption = new AbortController();
    const options = { levels: [1], prices: PRICES, archiveBytes: MIB, seed: 1, signal: interruption.signal };
    const onPacked = (): void => {
      interruption.abort();
    };
    await expect(simulateLevels([TEXT], { ...options, archives: 1e5, onPacked })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('the report', () => {
  test('fits 60 columns, and says what to do', async () => {
    const simulation = await simulate([TEXT, NOISE], 50);
    const report = renderSimulation(
      {
        ...simulation,
        source: 's3://bucket/',
        objects: 12,
        bytes: 1e9,
        sampledBytes: 32e6,
        region: 'eu-west-1',
        to: ['us-east-1'],
        archives: 50,
        archiveBytes: 32 * MIB,
        monthlyBytes: 2 ** 40,
      },
      60,
    );
    expect(report.split('\n').filter((line) => line.length > 60)).toEqual([]);
    expect(report).toContain('USD/month');
    expect(report).toMatch(/^learned +\d\.\d\d/m);
  });

  test.each([
    ['6', 0.9, 'Set "level": 6 in the rule: it is 10.0% cheaper than learning.'],
    ['store', 0.9, 'Set "levels": ["store"] in the rule: it is 10.0% cheaper than learning.'],
    ['6', 1, 'Leave "level" out of the rule: the cheapest fixed level, 6, costs as much as learning,'],
    ['6', 1.1, 'Leave "level" out of the rule: the cheapest fixed level, 6, costs 10.0% more than learning,'],
  ])('advises on level %s at %d times the dollars of learning', (level, dollars, advice) => {
    const costs = { level, ratio: 1, cpuSecondsPerGigabyte: 1, dollarsPerByte: dollars, overBest: 0 };
    const learned = { ...costs, level: 'learned', dollarsPerByte: 1 };
    expect(describeAdvice({ learned, fixed: [costs], progress: [] })).toContain(advice);
  });
});
