import { describe, expect, test } from '@jest/globals';
import { formatKeyTime } from '../../../src/archive/key-time.ts';
import type { DeployedRule } from '../../../src/configuration/deployed-rule.ts';
import type { ReplicationRule } from '../../../src/configuration/rule.ts';
import type {
  KeyRange,
  ListedKey,
  MetricAddress,
  ReadingWindow,
  WatermarkDependencies,
} from '../../../src/watermark/dependencies.ts';
import { UnknownWatermarkError } from '../../../src/watermark/errors.ts';
import type { Reading } from '../../../src/watermark/reading.ts';
import type { ReplicationStatus } from '../../../src/watermark/replication-status.ts';
import { reportWatermarks } from '../../../src/watermark/report-watermarks.ts';
import type { StageAges } from '../../../src/watermark/stage-ages.ts';
import { WatchedArchives } from '../../../src/watermark/watched-archives.ts';
import { deployedRules } from '../../support/deployed-rules.ts';

const NOW = Date.parse('2026-11-23T19:15:00Z');
const SECOND = 1000;

interface RegionalDependencies extends WatermarkDependencies {
  readonly rules: readonly DeployedRule[];
}

/** One emulated world: metrics by name and the values of their dimensions, first keys by bucket and prefix. */
class World {
  readonly readings = new Map<string, Reading[]>();
  readonly keys = new Map<string, ListedKey>();
  readonly asked: { metric: MetricAddress; window: ReadingWindow }[] = [];
  readonly listed: KeyRange[] = [];
  readonly taken: { rule: string; region: string; age: number; stages: StageAges }[] = [];
  readonly unknown: string[] = [];
  /** By key; the others are replicated. */
  readonly statuses = new Map<string, ReplicationStatus>();
  readonly unreplicated: string[] = [];
  deafRegion: string | undefined;

  dependencies(rules: readonly DeployedRule[]): RegionalDependencies {
    return {
      region: 'eu-west-1',
      rules,
      names: {
        namespace: 'stack',
        outboundBucket: 'outbound',
        failedBucket: 'failed',
        failedPrefix: 'failed/',
        failuresQueue: 'failures',
        inboundBucket: (region) => `inbound-${region}`,
        ruleQueue: (rule) => `queue-${rule}`,
        fallbackQueue: (rule) => `queue-${rule}-fallback`,
      },
      metrics: {
        readMaxima: (metrics, window) => {
          for (const metric of metrics) this.asked.push({ metric, window });
          if (metrics.some(({ region }) => region === this.deafRegion)) {
            return Promise.reject(new UnknownWatermarkError(`CloudWatch of ${this.deafRegion} did not answer`));
          }
          return Promise.resolve(metrics.map((metric) => this.readings.get(this.#nameOf(metric)) ?? []));
        },
      },
      keys: {
        firstKeys: (range) => {
          this.listed.push(range);
          const first = this.keys.get(`${range.bucket}/${range.prefix}`);
          return Promise.resolve(first === undefined ? [] : [first]);
        },
      },
      statuses: { statusOf: ({ key }) => Promise.resolve(this.statuses.get(key) ?? 'COMPLETED') },
      watched: new WatchedArchives(),
      telemetry: {
        archiveUnreplicated: (_rule, { bucket, key }, status) => {
          this.unreplicated.push(`${bucket}/${key} ${status}`);
        },
        watermarkTaken: (rule: ReplicationRule, region, age, stages) => {
          this.taken.push({ rule: rule.id, region, age, stages });
        },
        watermarkUnknown: (rule: ReplicationRule, region) => {
          this.unknown.push(`${rule.id} ${region}`);
        },
      },
      now: () => NOW,
    };
  }

  #nameOf({ name, dimensions }: MetricAddress): string {
    return [name, ...Object.values(dimensions)].join(' ');
  }
}

const [toOne, toTwo] = deployedRules([
  { source: { region: 'eu-west-1', bucket: 'documents' }, destinations: [{ region: 'us-east-1', bucket: 'copy' }] },
  {
    source: { region: 'eu-west-1', bucket: 'reports', prefix_filter: 'published/', fallback: true },
    destinations: [
      { region: 'us-east-1', bucket: 'reports-us' },
      { region: 'ap-southeast-2', bucket: 'reports-ap' },
      { region: 'ap-southeast-2', bucket: 'reports-ap-too' },
    ],
  },
]) as [DeployedRule, DeployedRule];

function take({ rules, ...dependencies }: RegionalDependencies, milliseconds = 240_000): Promise<void> {
  return reportWatermarks(rules, () => milliseconds, dependencies);
}

describe('taking the watermarks of a source region', () => {
  test('writes one per rule and target region', async () => {
    const world = new World();
    await take(world.dependencies([toOne, toTwo]));
    expect(world.taken.map(({ rule, region, age }) => [rule, region, age])).toEqual([
      [toOne.id, 'us-east-1', 0],
      [toTwo.id, 'us-east-1', 0],
      [toTwo.id, 'ap-southeast-2', 0],
    ]);
  });

  test('reads queues at the source, and replication where the archives go', async () => {
    const world = new World();
    await take(world.dependencies([toTwo]));
    const asked = world.asked.map(({ metric: { region, name, dimensions } }) => [
      region,
      name,
      ...Object.values(dimensions),
    ]);
    expect(asked).toContainEqual(['eu-west-1', 'ApproximateAgeOfOldestMessage', `queue-${toTwo.id}`]);
    expect(asked).toContainEqual(['eu-west-1', 'ApproximateAgeOfOldestMessage', `queue-${toTwo.id}-fallback`]);
    expect(asked).toContainEqual([
      'ap-southeast-2',
      'ReplicationLatency',
      'outbound',
      'inbound-ap-southeast-2',
      `${toTwo.id}-ap-southeast-2`,
    ]);
  });

  test('reads a fallback queue only if there is one', async () => {
    const world = new World();
    await take(world.dependencies([toOne]));
    expect(world.asked.filter(({ metric }) => JSON.stringify(metric).includes('fallback'))).toEqual([]);
  });

  test("reads only those of the rule's metrics that can matter, since each read costs money", async () => {
    const world = new World();
    const own = () => world.asked.splice(0).filter(({ metric }) => metric.namespace === 'stack');
    await take(world.dependencies([toOne]));
    expect(own().map(({ metric }) => metric.name)).toEqual(['PackingDelaySeconds', 'RetriedAgeSeconds']);

    world.readings.set(`ApproximateAgeOfOldestMessage queue-${toOne.id}`, [{ time: NOW, value: 5000 }]);
    await take(world.dependencies([toOne]));
    const [first, ...others] = own();
    expect(others.map(({ metric }) => metric.name)).toEqual(['RetriedAgeSeconds', 'DeferredAgeSeconds']);
    expect(first?.metric.dimensions).toEqual({ SourceBucket: 'documents', SourcePrefix: '*' });
    expect(first?.window.from).toBeLessThanOrEqual(NOW - 5000 * SECOND);

    await take(world.dependencies([toTwo]));
    expect(new Set(own().map(({ metric }) => metric.name))).toContain('FallbackAgeSeconds');
  });

  test('does not trust missing AWS metrics for work that just went to the fallback, failed or was packed', async () => {
    for (const [metric, ago, age] of [
      ['FallbackAgeSeconds', 900, 1000],
      ['RetriedAgeSeconds', 1800, 1900],
      ['PackingDelaySeconds', 600, 700],
    ] as const) {
      const world = new World();
      world.readings.set(`${metric} reports published/`, [{ time: NOW - ago * SECOND, value: 100 }]);
      await take(world.dependencies([toTwo]));
      expect(world.taken.map((taken) => [metric, taken.age])).toEqual([
        [metric, age],
        [metric, age],
      ]);
    }
  });

  test('derives the age of an arrived archive from its key', async () => {
    const world = new World();
    const key = `${toOne.id}/${formatKeyTime(NOW - 77 * SECOND)}-0123.tar.zst`;
    world.keys.set(`inbound-us-east-1/${toOne.id}/`, { key, lastModified: NOW });
    await take(world.dependencies([toOne]));
    expect(world.taken[0]).toMatchObject({ age: 77, stages: { arrived: 77 } });
  });

  test('uses the time of arrival for an archive whose key has none', async () => {
    const world = new World();
    const key = `${toOne.id}/0123.tar.zst`;
    world.keys.set(`inbound-us-east-1/${toOne.id}/`, { key, lastModified: NOW - 5 * SECOND });
    await take(world.dependencies([toOne]));
    expect(world.taken[0]?.age).toBe(5);
  });

  test('derives the age of a resent archive from its key while S3 may be replicating it', async () => {
    for (const [ago, age] of [
      [500, 90_000],
      [700, 0],
    ] as const) {
      const world = new World();
      const key = `${toOne.id}/${formatKeyTime(NOW - 90_000 * SECOND)}-0123.tar.zst`;
      world.keys.set(`outbound/${toOne.id}/`, { key, lastModified: NOW - ago * SECOND });
      await take(world.dependencies([toOne]));
      expect(world.taken[0]).toMatchObject({ age, stages: { replicating: age } });
    }
  });

  test('derives the age from the key if an archive failed after hours, and leaves the alarm to the resend function', async () => {
    const world = new World();
    const key = `${toOne.id}/${formatKeyTime(NOW - 11_005 * SECOND)}-0123.tar.zst`;
    world.keys.set(`outbound/${toOne.id}/`, { key, lastModified: NOW - 11_000 * SECOND });
    world.statuses.set(key, 'FAILED');
    // The queue's age omits a message that was received three times; its count does not.
    world.readings.set('ApproximateNumberOfMessagesNotVisible failures', [{ time: NOW, value: 1 }]);
    await take(world.dependencies([toOne]));
    expect(world.taken[0]).toMatchObject({ age: 11_005, stages: { failing: 11_005 } });
    expect(world.unreplicated).toEqual([]);
  });

  test('counts and names an archive that S3 accepted and does not replicate', async () => {
    const world = new World();
    const key = `${toOne.id}/${formatKeyTime(NOW - 5000 * SECOND)}-0123.tar.zst`;
    world.keys.set(`outbound/${toOne.id}/`, { key, lastModified: NOW - 4000 * SECOND });
    world.statuses.set(key, 'none');
    await take(world.dependencies([toOne]));
    expect(world.taken[0]).toMatchObject({ age: 5000, stages: { failing: 5000 } });
    expect(world.unreplicated).toEqual([`outbound/${key} none`]);
  });

  test('counts an archive that was given up for all regions of its rule', async () => {
    const world = new World();
    const key = `failed/${toTwo.id}/${formatKeyTime(NOW - 9000 * SECOND)}-0123.tar.zst`;
    world.keys.set(`failed/failed/${toTwo.id}/`, { key, lastModified: NOW });
    await take(world.dependencies([toTwo]));
    expect(world.taken.map(({ age }) => age)).toEqual([9000, 9000]);
  });

  test.each([
    ['arrived', 'inbound-ap-southeast-2/', NOW - 40_000 * SECOND, 9000],
    ['givenUp', 'failed/failed/', NOW - 40_000 * SECOND, 9000],
    ['replicating', 'outbound/', NOW - 60 * SECOND, 9000],
    ['replicating', 'outbound/', NOW - 700 * SECOND, 0],
  ])('counts what was resent to one region only for that region: %s, in %s', async (stage, place, put, age) => {
    const world = new World();
    const prefix = '_resend-ap-southeast-2/';
    const within = place === 'failed/failed/' ? `failed/${prefix}` : prefix;
    const key = `${within}${toTwo.id}/${formatKeyTime(NOW - 9000 * SECOND)}-0123.tar.zst`;
    world.keys.set(`${place}${prefix}`, { key, lastModified: put });
    await take(world.dependencies([toOne, toTwo]));
    expect(world.taken.map(({ region, stages }) => [region, stages[stage as keyof StageAges]])).toEqual([
      ['us-east-1', 0],
      ['us-east-1', 0],
      ['ap-southeast-2', age],
    ]);
  });

  test.each<[ReplicationStatus, number, string[]]>([
    ['none', 700, ['outbound/KEY none']],
    ['none', 60, []],
    ['COMPLETED', 700, []],
  ])(
    'names what was resent to one region and not replicated, only for that region: %s, put %i s ago',
    async (status, ago, named) => {
      const world = new World();
      const prefix = '_resend-ap-southeast-2/';
      const key = `${prefix}${toTwo.id}/${formatKeyTime(NOW - 9000 * SECOND)}-0123.tar.zst`;
      world.keys.set(`outbound/${prefix}`, { key, lastModified: NOW - ago * SECOND });
      world.statuses.set(key, status);
      await take(world.dependencies([toOne, toTwo]));
      expect(world.unreplicated).toEqual(named.map((name) => name.replace('KEY', key)));
      const stuck = named.length > 0 ? 9000 : 0;
      expect(world.taken.map(({ region, stages }) => [region, stages.failing])).toEqual([
        ['us-east-1', 0],
        ['us-east-1', 0],
        ['ap-southeast-2', stuck],
      ]);
    },
  );

  test('names what was resent and failed once nothing handles it anymore, until it is gone', async () => {
    const world = new World();
    const prefix = '_resend-ap-southeast-2/';
    const key = `${prefix}${toTwo.id}/${formatKeyTime(NOW - 9000 * SECOND)}-0123.tar.zst`;
    world.keys.set(`outbound/${prefix}`, { key, lastModified: NOW - 700 * SECOND });
    world.statuses.set(key, 'FAILED');
    const dependencies = world.dependencies([toTwo]);
    await take(dependencies);
    expect(world.unreplicated).toEqual([]);
    await take(dependencies);
    expect(world.unreplicated).toEqual([`outbound/${key} FAILED`]);
    world.keys.clear();
    world.statuses.set(key, 'gone');
    await take(dependencies);
    await take(dependencies);
    expect(world.unreplicated).toHaveLength(1);
    expect(world.taken.at(-1)?.stages.failing).toBe(0);
  });

  test('looks for resends to one region once per region, and only for rules with several regions', async () => {
    const world = new World();
    await take(world.dependencies([toOne]));
    const ofResends = () => world.listed.splice(0).filter(({ prefix }) => prefix.includes('_resend-'));
    expect(ofResends()).toEqual([]);
    await take(world.dependencies([toOne, toTwo, { ...toTwo, id: 'another' }]));
    expect(ofResends()).toHaveLength(6);
  });

  test('writes the other watermarks and then fails if a region does not answer', async () => {
    const world = new World();
    world.deafRegion = 'us-east-1';
    await expect(take(world.dependencies([toOne, toTwo]))).rejects.toMatchObject({
      code: 'WATERMARK_UNKNOWN',
      message: expect.stringContaining('2 of 3'),
    });
    expect(world.unknown).toEqual([`${toOne.id} us-east-1`, `${toTwo.id} us-east-1`]);
    expect(world.taken.map(({ region }) => region)).toEqual(['ap-southeast-2']);
  });
});

describe('taking the watermarks of many routes', () => {
  const many = deployedRules(
    Array.from({ length: 40 }, (_, index) => ({
      source: { region: 'eu-west-1', bucket: `documents-${index}` },
      destinations: [
        { region: 'us-east-1', bucket: `copy-${index}` },
        { region: 'ap-southeast-2', bucket: `copy-ap-${index}` },
      ],
    })),
  );

  test('asks CloudWatch for AWS metrics once per region, whatever the number of rules', async () => {
    const world = new World();
    const dependencies = world.dependencies(many);
    const calls: string[] = [];
    await take({
      ...dependencies,
      metrics: {
        readMaxima: (metrics, window) => {
          const namespace = metrics[0]?.namespace ?? '';
          calls.push(`${namespace} ${metrics[0]?.region ?? ''}`);
          return dependencies.metrics.readMaxima(metrics, window);
        },
      },
    });
    expect(calls.filter((call) => call.startsWith('AWS/')).toSorted()).toEqual([
      'AWS/S3 ap-southeast-2',
      'AWS/S3 us-east-1',
      'AWS/SQS eu-west-1',
    ]);
    expect(calls.filter((call) => call.startsWith('stack'))).toHaveLength(many.length);
    expect(world.taken).toHaveLength(2 * many.length);
  });

  test('lists once what the routes of a rule share', async () => {
    const world = new World();
    await take(world.dependencies(many));
    const ofRules = world.listed.filter(({ prefix }) => !prefix.includes('_resend-'));
    expect(ofRules.filter(({ bucket }) => bucket === 'outbound')).toHaveLength(many.length);
    expect(ofRules.filter(({ bucket }) => bucket === 'failed')).toHaveLength(many.length);
  });

  test('stops waiting before the invocation ends, and reports what has not responded as unknown', async () => {
    const world = new World();
    const dependencies = world.dependencies([toOne]);
    const keys = {
      firstKeys: (_range: object, _most: number, signal?: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            reject(new UnknownWatermarkError('too late'));
          });
        }),
    };
    await expect(take({ ...dependencies, keys }, 30_010)).rejects.toMatchObject({ code: 'WATERMARK_UNKNOWN' });
    expect([world.taken, world.unknown]).toEqual([[], [`${toOne.id} us-east-1`]]);
  });

  test('handles several rules concurrently, but never so many that CloudWatch would throttle', async () => {
    const world = new World();
    const dependencies = world.dependencies(many);
    const held: (() => void)[] = [];
    let most = 0;
    const run = take({
      ...dependencies,
      metrics: {
        readMaxima: async (metrics, window) => {
          if (metrics[0]?.namespace === 'stack') {
            await new Promise<void>((resolve) => {
              held.push(resolve);
              most = Math.max(most, held.length);
              // All calls that arrive before the event loop is idle run concurrently.
              setImmediate(() => {
                for (const go of held.splice(0)) go();
              });
            });
          }
          return dependencies.metrics.readMaxima(metrics, window);
        },
      },
    });
    await run;
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });
});
