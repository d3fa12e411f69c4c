import type { Experiment } from '../experiment.ts';
import type { Laboratory, Observation } from '../laboratory.ts';
import { type Goal, type Measurement, median } from '../row.ts';
import type { Workload } from '../workloads.ts';
import { WARM_UP_LOGS, WARM_UP_RECORDS } from './warm-up.ts';

const LEVEL = 3;
const WORKERS = 2;
const MB = 1_000_000;
const TLS = { tls: true };

interface TlsCase {
  /** `300mb` */
  readonly name: string;
  readonly title: string;
  readonly corpus: Workload['corpus'];
  readonly size: number;
  readonly count: number;
  readonly packGoal?: Goal;
}

const CASES: readonly TlsCase[] = [
  {
    name: '300mb',
    title: '1 x 300 MB',
    corpus: 'logs',
    size: 300 * MB,
    count: 1,
    packGoal: { of: 'excess', bound: 'at most', value: 1.3 },
  },
  { name: '1mb', title: '300 x 1 MB', corpus: 'logs', size: MB, count: 300 },
  { name: '10kb', title: '20,000 x 10 KB', corpus: 'records', size: 10_000, count: 20_000 },
];

/** CPU time with TLS, which S3 uses. */
export const overTls: readonly Experiment[] = CASES.map((one) => ({
  rows: [
    {
      name: `tls-pack-${one.name}`,
      title: `CPU, pack ${one.title} over TLS, level ${LEVEL}`,
      unit: 'CPU s/GB',
      floorIs: 'solid zstd, 2 threads, no network',
      ...(one.packGoal ? { goal: one.packGoal } : {}),
    },
    {
      name: `tls-restore-${one.name}`,
      title: `CPU, restore ${one.title} over TLS`,
      unit: 'CPU s/GB',
      floorIs: 'the same over plain HTTP',
    },
  ],
  run: (laboratory) => runCase(one, laboratory),
}));

async function runCase({ corpus, size, count }: TlsCase, laboratory: Laboratory): Promise<Measurement[]> {
  const workload = laboratory.workload(corpus, size, count);
  const task = { workload, level: LEVEL, warmUp: corpus === 'records' ? WARM_UP_RECORDS : WARM_UP_LOGS };
  const samples: Record<'packs' | 'solids' | 'restores' | 'plain', Observation[]> = {
    packs: [],
    solids: [],
    restores: [],
    plain: [],
  };
  for (let run = 0; run < laboratory.repetitions(2); run += 1) {
    const packed = await laboratory.observePacking(task, true, TLS);
    samples.packs.push(packed);
    samples.solids.push(await laboratory.observe({ kind: 'solid-stream', workload, level: LEVEL, workers: WORKERS }));
    samples.restores.push(await laboratory.observeRestoring(packed, TLS));
    samples.plain.push(await laboratory.observeRestoring(await laboratory.observePacking(task, true)));
  }
  return [compare(samples.packs, samples.solids, workload), compare(samples.restores, samples.plain, workload)];
}

function compare(samples: readonly Observation[], floors: readonly Observation[], workload: Workload): Measurement {
  const { size, count } = workload;
  const perGigabyte = (observations: readonly Observation[]): number =>
    median(observations.map(({ cpuSeconds }) => (cpuSeconds / (size * count)) * 1e9));
  const measured = perGigabyte(samples);
  return { measured, floor: perGigabyte(floors), remark: describe(measured, samples, workload) };
}

function describe(measured: number, [sample]: readonly Observation[], { size }: Workload): string {
  const each = `${((measured * size) / 1e6).toFixed(3)} ms of CPU per object`;
  if (sample === undefined) return each;
  const { requests, connections, resumedSessions } = sample.server;
  const calls = Object.values(requests).reduce((sum, kind) => sum + kind, 0);
  return `${each}; ${calls} requests over ${connections} connections, ${resumedSessions} of them with a resumed session`;
}
