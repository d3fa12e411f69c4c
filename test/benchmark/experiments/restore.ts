import type { Experiment } from '../experiment.ts';
import type { Observation } from '../laboratory.ts';
import { atMost, median } from '../row.ts';
import { WARM_UP_LOGS, WARM_UP_RECORDS } from './warm-up.ts';

/** The floor writes to memory, while the target service sends every object to another process. */
export const restoreAgainstTar: readonly Experiment[] = [
  { name: 'restore-1mb', title: 'restore 250 x 1 MB, level 3', size: 1_000_000, count: 250, goal: 1.15 },
  { name: 'restore-300mb', title: 'restore 1 x 300 MB, level 3', size: 300_000_000, count: 1, goal: 1.2 },
].map(({ name, title, size, count, goal }) => ({
  rows: [{ name, title, unit: 'seconds', floorIs: 'zstd -d | tar x, in memory', goal: atMost(goal, 'ratio') }],
  needs: ['zstd', 'tar'],
  async run(laboratory) {
    const workload = laboratory.workload('logs', size, count);
    const packed = await laboratory.observePacking({ workload, level: 3, warmUp: WARM_UP_LOGS }, true);
    const services: Observation[] = [];
    const floors: number[] = [];
    for (let run = 0; run < laboratory.repetitions(3); run += 1) {
      services.push(await laboratory.observeRestoring(packed));
      const { archives, bucket: inbound } = packed;
      floors.push((await laboratory.observe({ kind: 'unpack-command', archives, inbound })).seconds);
    }
    const seconds = services.map((service) => service.seconds);
    const ratio = median(seconds.map((one, run) => one / (floors[run] ?? Number.NaN)));
    const cpu = median(services.map(({ cpuSeconds }) => cpuSeconds));
    const server = median(services.map((service) => service.server.cpuSeconds));
    const remark = `CPU ${cpu.toFixed(2)} s, and ${server.toFixed(2)} s in the server`;
    return [{ measured: median(seconds), floor: median(floors), ratio, remark }];
  },
}));

const MANY = 20_000;
const FEW = 100;

/** Whether the work per object grows with its archive. */
export const restoreOfManyMembers: Experiment = {
  rows: [
    {
      name: 'restore-many-members',
      title: `CPU per object, one archive of ${MANY.toLocaleString('en')}`,
      unit: 'milliseconds',
      floorIs: `archives of ${FEW}`,
      goal: atMost(1.1, 'ratio'),
    },
  ],
  async run(laboratory) {
    const workload = { corpus: 'records', size: 10_000, count: MANY } as const;
    const task = { workload, level: 3, warmUp: WARM_UP_RECORDS };
    const one = await laboratory.observePacking(task, true);
    const many = await laboratory.observePacking({ ...task, batch: FEW }, true);
    const large: number[] = [];
    const small: number[] = [];
    const each = (seconds: number): number => (seconds / MANY) * 1000;
    for (let run = 0; run < laboratory.repetitions(3); run += 1) {
      large.push(each((await laboratory.observeRestoring(one)).cpuSeconds));
      small.push(each((await laboratory.observeRestoring(many)).cpuSeconds));
    }
    const ratio = median(large.map((cpu, run) => cpu / (small[run] ?? Number.NaN)));
    return [{ measured: median(large), floor: median(small), ratio }];
  },
};
