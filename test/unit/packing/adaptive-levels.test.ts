import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createAdaptiveLevels } from '../../../src/adaptive/adaptive-levels.ts';
import { StatisticsCache } from '../../../src/adaptive/statistics-cache.ts';
import { UnavailableStatisticsError } from '../../../src/aws/errors.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../../src/configuration/schema/levels.ts';
import { MIB } from '../../../src/units.ts';
import { makeCorpus } from '../../benchmark/workloads.ts';
import { readArchive } from '../../support/archives.ts';
import { MemoryStatisticsStore } from '../../support/memory-statistics-store.ts';
import { SourceServiceHarness } from '../../support/source-service.ts';

const logs = makeCorpus('logs').subarray(0, MIB);
const noise = randomBytes(MIB);
const levels = levelsToChooseFrom(STANDARD_LEVELS);

let store: MemoryStatisticsStore;
let losses: string[];
beforeEach(() => {
  store = new MemoryStatisticsStore();
  losses = [];
});

function openService(): SourceServiceHarness {
  const statistics = new StatisticsCache({
    rule: 'rule',
    store,
    now: Date.now,
    onFailure: ({ code }) => {
      losses.push(code);
    },
  });
  const policy = createAdaptiveLevels({
    levels,
    prices: { archiveByte: 0.03e-9, cpuSecond: 2.3e-5 },
    statistics,
    cpuSpeed: { known: 1, measure: () => Promise.resolve(1) },
    // No level is tried out.
    random: () => 0.99,
  });
  return new SourceServiceHarness({ levels: policy });
}

async function packMixed(source: SourceServiceHarness): Promise<void> {
  const messages = [
    await source.place('a.log', logs),
    await source.place('b.log', logs),
    await source.place('c.jpg', noise),
    await source.place('misnamed.txt', noise),
  ];
  expect(await source.process(...messages)).toEqual([]);
}

describe('a source service that chooses levels', () => {
  test('stores content that is already compressed and compresses the rest, in one archive', async () => {
    const source = openService();
    await packMixed(source);
    const [archive] = source.telemetry.archives;
    const text = archive?.levels.find(({ content }) => content === 'text');
    const packed = archive?.levels.find(({ content }) => content === 'packed');
    expect(text?.level).toBeGreaterThanOrEqual(1);
    // Either stored or compressed at a fast level that gives up at once: CPU clocks cannot show the difference.
    expect(packed?.level).toBeLessThanOrEqual(1);
    expect(text?.reason).toBe('probed');
    expect(archive?.levels.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(4 * MIB);
    const originals: Readonly<Record<string, Buffer>> = {
      'a.log': logs,
      'b.log': logs,
      'c.jpg': noise,
      'misnamed.txt': noise,
    };
    const restored = readArchive(source.archive());
    expect(restored.map(({ object, body }) => originals[object.key]?.equals(body))).toEqual([true, true, true, true]);
  });

  test('puts different content classes into different frames', async () => {
    const source = openService();
    await packMixed(source);
    const frames = source.telemetry.archives[0]?.levels.reduce((sum, share) => sum + share.frames, 0);
    // The logs and the misnamed text share a frame; the picture has a separate one.
    expect(frames).toBe(2);
  });

  test('learns only from archives that S3 has accepted', async () => {
    const source = openService();
    await packMixed(source);
    expect(store.rules.get('rule')?.archives).toBe(1);
    const message = await source.place('gone.log', logs);
    source.memory.erase({ bucket: source.dependencies.rule.source.bucket, key: 'gone.log' });
    await source.process(message);
    expect(store.rules.get('rule')?.archives).toBe(1);
  });

  test('packs everything while the statistics are unavailable, and reports the loss', async () => {
    store.failure = new UnavailableStatisticsError('no response');
    const source = openService();
    await packMixed(source);
    expect(readArchive(source.archive())).toHaveLength(4);
    // One loss for the read, one for adding what the archive taught.
    expect(losses).toEqual(['STATISTICS_UNAVAILABLE', 'STATISTICS_UNAVAILABLE']);
    const classes = source.telemetry.archives[0]?.levels.map(({ content }) => content);
    expect(new Set(classes)).toEqual(new Set(['text', 'packed']));
  });
});
