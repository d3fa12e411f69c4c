import type { Experiment } from '../experiment.ts';
import { countRequests, type Laboratory } from '../laboratory.ts';
import { atLeast, atMost, type Measurement, median, type RowSpec } from '../row.ts';
import { archiveBytes } from './pack-against-solid.ts';
import { NO_WARM_UP, WARM_UP_RECORDS } from './warm-up.ts';

const RECORD = 10_000;
const LATENCY = 20;

/** CPU time per object, of all threads of the service's process. */
export const cpuOfSmallObjects: Experiment = {
  rows: [
    { name: 'cpu-source', title: 'CPU per 10 KB object, source, level 3', unit: 'milliseconds', goal: atMost(0.15) },
    { name: 'cpu-target', title: 'CPU per 10 KB object, target', unit: 'milliseconds', goal: atMost(0.11) },
  ],
  async run(laboratory) {
    const workload = laboratory.workload('records', RECORD, 20_000);
    const each = (seconds: number): number => (seconds / workload.count) * 1000;
    const source: number[] = [];
    const target: number[] = [];
    for (let run = 0; run < laboratory.repetitions(3); run += 1) {
      const packed = await laboratory.observePacking({ workload, level: 3, warmUp: WARM_UP_RECORDS }, true);
      source.push(each(packed.cpuSeconds));
      target.push(each((await laboratory.observeRestoring(packed)).cpuSeconds));
    }
    return [{ measured: median(source) }, { measured: median(target) }];
  },
};

/** The number of requests in flight matters when each takes time. */
export const throughputAtLatency: Experiment = {
  rows: [
    {
      name: 'throughput-source',
      title: `10 KB objects packed, ${LATENCY} ms to the first byte`,
      unit: 'objects/s',
      goal: atLeast(5000),
    },
    {
      name: 'throughput-target',
      title: `10 KB objects restored, ${LATENCY} ms to the first byte`,
      unit: 'objects/s',
      goal: atLeast(5000),
    },
  ],
  async run(laboratory) {
    const workload = laboratory.workload('records', RECORD, 10_000);
    const source: number[] = [];
    const target: number[] = [];
    for (let run = 0; run < laboratory.repetitions(3); run += 1) {
      const packed = await laboratory.observePacking({ workload, level: 3, warmUp: WARM_UP_RECORDS }, true, {
        latency: LATENCY,
      });
      source.push(workload.count / packed.seconds);
      const restored = await laboratory.observeRestoring(packed, { latency: LATENCY });
      target.push(workload.count / restored.seconds);
    }
    return [{ measured: median(source) }, { measured: median(target) }];
  },
};

/**
 * What remains of zstd's ratio after the archive's own parts (tar headers, manifest, seek table) and its division into
 * frames. The goals are shares of one solid stream: 3.97 of 4.07 at level 3 and 4.82 of 4.98 at level 12, on the data
 * of the design's measurements.
 */
export const ratioOfSmallObjects: Experiment = {
  rows: [ratioRow(3, 0.975), ratioRow(12, 0.968)],
  async run(laboratory) {
    return [await measureRatio(laboratory, 3), await measureRatio(laboratory, 12)];
  },
};

function ratioRow(level: number, goal: number): RowSpec {
  const title = `5,000 x 10 KB, bytes over all archive bytes, level ${level}`;
  return { name: `ratio-l${level}`, title, unit: 'ratio', floorIs: 'solid zstd stream', goal: atLeast(goal, 'ratio') };
}

async function measureRatio(laboratory: Laboratory, level: number): Promise<Measurement> {
  const workload = { corpus: 'records', size: RECORD, count: 5000 } as const;
  const bytes = workload.size * workload.count;
  const packed = await laboratory.observePacking({ workload, level, warmUp: NO_WARM_UP });
  const solid = await laboratory.observe({ kind: 'solid-stream', workload, level, workers: 1 });
  const measured = bytes / archiveBytes(packed);
  const floor = bytes / solid.outputBytes;
  return { measured, floor, ratio: measured / floor };
}

/** S3 charges each request; the objects of an archive share its own requests. */
export const requestsOfSmallObjects: Experiment = {
  rows: [
    {
      name: 'requests-source',
      title: 'S3 requests per object, source, 5,000 x 10 KB',
      unit: 'requests',
      goal: atMost(1.002),
    },
    {
      name: 'requests-target',
      title: 'S3 requests per object, target, 5,000 x 10 KB',
      unit: 'requests',
      goal: atMost(1.002),
    },
  ],
  async run(laboratory) {
    const workload = { corpus: 'records', size: RECORD, count: 5000 } as const;
    const packed = await laboratory.observePacking({ workload, level: 3, warmUp: NO_WARM_UP }, true);
    const restored = await laboratory.observeRestoring(packed);
    return [packed, restored].map(({ server }) => ({
      measured: countRequests(server) / workload.count,
      remark: describeRequests(server.requests),
    }));
  },
};

function describeRequests(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}
