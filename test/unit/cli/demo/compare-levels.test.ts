import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createFixedLevel } from '../../../../src/adaptive/fixed-level.ts';
import type { ArchiveLevels, LevelPolicy } from '../../../../src/adaptive/level-policy.ts';
import type { ArchiveBytes } from '../../../../src/cli/demo/archives/read-archive.ts';
import { type ComparisonOptions, compareLevels } from '../../../../src/cli/demo/comparison/compare-levels.ts';
import type { LevelUse } from '../../../../src/cli/demo/pipeline/level-use.ts';
import { STORE_LEVEL } from '../../../../src/configuration/schema/levels.ts';
import { MIB } from '../../../../src/units.ts';
import { makeCorpus } from '../../../benchmark/workloads.ts';
import { SourceServiceHarness } from '../../../support/source-service.ts';

const logs = makeCorpus('logs').subarray(0, MIB);
const noise = randomBytes(MIB);
const prices = { archiveByte: 0.03e-9, cpuSecond: 2.3e-5 };

/** Level 9 for compressible content, and `store` for the rest. */
const twoLevels: LevelPolicy = {
  levels: [STORE_LEVEL, 9],
  plan: (): ArchiveLevels => ({
    ...createFixedLevel(9).plan(),
    forFrame: () => Promise.resolve({ level: 9, ifPacked: { above: 0.95, level: STORE_LEVEL }, reason: 'cheapest' }),
  }),
};

const use = (level: string, reason = 'cheapest', content = 'text'): LevelUse => ({
  ...{ content, level, reason },
  ...{ archives: 1, frames: 1, bytes: 1, compressedBytes: 1 },
});

async function pack(levels: LevelPolicy): Promise<ArchiveBytes> {
  const source = new SourceServiceHarness({ levels });
  const messages = [await source.place('a.log', logs), await source.place('b.jpg', noise)];
  expect(await source.process(...messages)).toEqual([]);
  const archive = source.archive();
  const read = (start: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(archive.subarray(start, start + length));
  return { name: 'archive', size: archive.length, read };
}

async function compare(archive: ArchiveBytes, options: Partial<ComparisonOptions>) {
  let frames = 0;
  const onFrame = (): void => {
    frames += 1;
  };
  const costs = await compareLevels([archive], {
    ...{ levels: [1, 9], candidates: [STORE_LEVEL, 9], uses: [use('9'), use('store')], prices, onFrame },
    ...options,
  });
  return { frames, costs: new Map(costs.map((cost) => [cost.level, cost])) };
}

describe('compareLevels', () => {
  test('finds the level of each frame, and what one level for all would have cost', async () => {
    const { frames, costs } = await compare(await pack(twoLevels), {});
    expect([...costs.keys()]).toEqual(['chosen', '1', '9']);
    expect(frames).toBe(2);
    const [chosen, one, nine] = [...costs.values()];
    // The stored picture needs a few bytes for its blocks at any level; only the log differs.
    expect(Math.abs((chosen?.compressedBytes ?? 0) - (nine?.compressedBytes ?? 0))).toBeLessThan(200);
    expect(chosen?.compressedBytes).toBeLessThan((one?.compressedBytes ?? 0) - 10_000);
    for (const { compressedBytes, cpuSeconds, dollars } of costs.values()) {
      expect(dollars).toBeCloseTo(prices.archiveByte * compressedBytes + prices.cpuSecond * cpuSeconds, 15);
    }
  });

  test('charges nothing for choosing if the configuration names the level', async () => {
    const uses = [use('9', 'configured')];
    const { costs } = await compare(await pack(createFixedLevel(9)), { candidates: [9], uses });
    expect(costs.get('chosen')).toEqual({ ...costs.get('9'), level: 'chosen' });
  });

  test('charges tests and probes to what was chosen', async () => {
    const archive = await pack(twoLevels);
    const uses = [use('9'), use('9', 'probed'), use('store')];
    const { costs } = await compare(archive, { levels: [9], candidates: [STORE_LEVEL, 1, 3, 6, 9, 12], uses });
    // A probe of a megabyte at all levels takes several times as long as level 9 alone.
    expect(costs.get('chosen')?.cpuSeconds).toBeGreaterThan(1.5 * (costs.get('9')?.cpuSeconds ?? 0));
  });

  test('finds a level that no log contains, since its function was killed', async () => {
    const { costs } = await compare(await pack(createFixedLevel(6)), { candidates: [STORE_LEVEL, 6, 9] });
    expect(costs.get('chosen')?.compressedBytes).toBeGreaterThan(costs.get('9')?.compressedBytes ?? Infinity);
  });

  test('refuses an archive that this rule cannot have produced', async () => {
    await expect(compare(await pack(createFixedLevel(3)), {})).rejects.toMatchObject({ code: 'DEMO_FAILED' });
  });
});
