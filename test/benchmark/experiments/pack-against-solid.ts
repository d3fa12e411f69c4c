import type { Experiment } from '../experiment.ts';
import { isInstalled } from '../is-installed.ts';
import type { Laboratory, Observation, PackObservation } from '../laboratory.ts';
import { atMost, type Measurement, median, type RowSpec } from '../row.ts';
import type { Workload } from '../workloads.ts';
import { WARM_UP_LOGS, WARM_UP_RECORDS } from './warm-up.ts';

/** vCPUs of the measured function, and threads of the floor. */
const WORKERS = 2;

interface PackCase {
  /** `1mb-l3` */
  readonly name: string;
  readonly title: string;
  readonly corpus: Workload['corpus'];
  readonly size: number;
  readonly count: number;
  readonly level: number;
  readonly repetitions: number;
  /** Wall time over the floor's. */
  readonly timeGoal: number;
  /** Bytes over the floor's; absent: no goal. */
  readonly sizeGoal?: number;
}

const MB = 1_000_000;
const CASES: readonly PackCase[] = [
  {
    name: '1mb-l3',
    title: '300 x 1 MB, level 3',
    corpus: 'logs',
    size: MB,
    count: 300,
    level: 3,
    repetitions: 3,
    timeGoal: 1.25,
    sizeGoal: 1.005,
  },
  {
    name: '300mb-l3',
    title: '2 x 300 MB, level 3',
    corpus: 'logs',
    size: 300 * MB,
    count: 2,
    level: 3,
    repetitions: 3,
    timeGoal: 1.2,
    sizeGoal: 1.005,
  },
  {
    name: '1mb-l12',
    title: '100 x 1 MB, level 12',
    corpus: 'logs',
    size: MB,
    count: 100,
    level: 12,
    repetitions: 3,
    timeGoal: 1,
    sizeGoal: 1.015,
  },
  {
    name: '300mb-l12',
    title: '1 x 300 MB, level 12',
    corpus: 'logs',
    size: 300 * MB,
    count: 1,
    level: 12,
    repetitions: 2,
    timeGoal: 1,
    sizeGoal: 1.015,
  },
  {
    name: '10kb-l3',
    title: '20,000 x 10 KB, level 3',
    corpus: 'records',
    size: 10_000,
    count: 20_000,
    level: 3,
    repetitions: 3,
    timeGoal: 4,
  },
];

export const packAgainstSolid: readonly Experiment[] = CASES.map((one) => ({
  rows: rowsOf(one),
  run: (laboratory) => runCase(one, laboratory),
}));

function rowsOf({ name, title, timeGoal, sizeGoal }: PackCase): RowSpec[] {
  const time: RowSpec = {
    name: `pack-${name}`,
    title: `pack ${title}`,
    unit: 'seconds',
    floorIs: 'solid zstd, 2 threads',
    goal: atMost(timeGoal, 'ratio'),
  };
  if (sizeGoal === undefined) return [time];
  const size: RowSpec = {
    name: `size-${name}`,
    title: `archive of ${title}`,
    unit: 'bytes',
    floorIs: 'solid zstd stream',
    goal: atMost(sizeGoal, 'ratio'),
  };
  return [time, size];
}

async function runCase(one: PackCase, laboratory: Laboratory): Promise<Measurement[]> {
  const { corpus, size, count, level } = one;
  const workload = laboratory.workload(corpus, size, count);
  const warmUp = corpus === 'records' ? WARM_UP_RECORDS : WARM_UP_LOGS;
  const packs: PackObservation[] = [];
  const floors: Observation[] = [];
  const commands: number[] = [];
  for (let run = 0; run < laboratory.repetitions(one.repetitions); run += 1) {
    packs.push(await laboratory.observePacking({ workload, level, warmUp }));
    floors.push(await laboratory.observe({ kind: 'solid-stream', workload, level, workers: WORKERS }));
    // Once is enough for a number that is shown next to the floor.
    if (run > 0 || !isInstalled('zstd')) continue;
    const command = await laboratory.observe({ kind: 'zstd-command', workload, level, workers: WORKERS });
    commands.push(command.seconds);
  }
  const time: Measurement = {
    measured: median(packs.map(({ seconds }) => seconds)),
    floor: median(floors.map(({ seconds }) => seconds)),
    ratio: median(packs.map(({ seconds }, run) => seconds / (floors[run]?.seconds ?? Number.NaN))),
    remark: describeCase(packs, floors, commands),
  };
  if (one.sizeGoal === undefined) return [time];
  const measured = median(packs.map(archiveBytes));
  const floor = median(floors.map(({ outputBytes }) => outputBytes));
  return [time, { measured, floor, ratio: measured / floor }];
}

/** Bytes of all archives of an observation: what crosses the regions. */
export function archiveBytes({ archives }: PackObservation): number {
  return archives.reduce((sum, { size }) => sum + size, 0);
}

/** CPU times say more than wall times if other programs share the machine; the command line is a second floor. */
function describeCase(
  packs: readonly Observation[],
  floors: readonly Observation[],
  commands: readonly number[],
): string {
  const seconds = (values: readonly number[]): string => `${median(values).toFixed(2)} s`;
  const command = commands.length === 0 ? 'zstd -T2 is not installed' : `zstd -T2 takes ${seconds(commands)}`;
  const cpu = (observations: readonly Observation[]): string =>
    seconds(observations.map(({ cpuSeconds }) => cpuSeconds));
  const server = seconds(packs.map((pack) => pack.server.cpuSeconds));
  return `${command}; CPU ${cpu(packs)} against ${cpu(floors)}, and ${server} in the server`;
}
