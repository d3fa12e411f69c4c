import { GIB, MIB } from '../../../src/units.ts';
import type { Experiment } from '../experiment.ts';
import type { Laboratory, Observation, PackObservation } from '../laboratory.ts';
import { atMost, type Measurement, type RowSpec } from '../row.ts';
import type { PackTask } from '../sample-contract.ts';
import { NO_WARM_UP } from './warm-up.ts';

/** MB of a function by default, on both sides: one vCPU. */
const DEFAULT_MEMORY = 1769;
/** Bytes: peak resident memory of a function's process. */
const LIMITS = { source: 300_000_000, target: 250_000_000 } as const;
/** What large objects are compared with. */
const ORDINARY = { corpus: 'logs', size: 300_000_000, count: 1 } as const;
/** Bytes of an object of the large archive. */
const MEMBER = 256 * MIB;

/** Peak resident memory must depend neither on the size of an object nor on that of an archive. */
export const memoryOfLargeObjects = memoryExperiment('memory', 'object of 4 GiB', (quick) => ({
  // The server has an object of any size; a quick run takes 1 GiB.
  workload: { corpus: 'logs', size: quick ? GIB : 4 * GIB, count: 1 },
}));

export const memoryOfLargeArchives = memoryExperiment('memory-archive', 'archive of 8 GiB', (quick) => ({
  workload: { corpus: 'logs', size: MEMBER, count: (quick ? 2 * GIB : 8 * GIB) / MEMBER },
  archiveMebibytes: (8 * GIB) / MIB,
}));

/** About as many messages as fit into the 6 MB that Lambda passes at a time. */
const FULL_EVENT = 3000;

export const memoryOfSmallObjects = memoryExperiment('memory-small', '10 KB objects, full events', (quick) => ({
  workload: { corpus: 'records', size: 10_000, count: (quick ? 3 : 10) * FULL_EVENT },
  batch: FULL_EVENT,
}));

function memoryExperiment(
  name: string,
  what: string,
  large: (quick: boolean) => Pick<PackTask, 'workload' | 'archiveMebibytes' | 'batch'>,
): Experiment {
  const row = (side: 'source' | 'target'): RowSpec => ({
    name: `${name}-${side}`,
    title: `peak memory, ${side}, ${what}`,
    unit: 'bytes',
    floorIs: `object of 300 MB; a function of ${DEFAULT_MEMORY} MB`,
    goal: atMost(LIMITS[side]),
  });
  return {
    rows: [row('source'), row('target')],
    needs: ['taskset'],
    async run(laboratory) {
      const task = large(laboratory.quick);
      const bytes = task.workload.size * task.workload.count;
      const packed = await pack(laboratory, task);
      const ordinary = await pack(laboratory, { workload: ORDINARY });
      const restore = (archives: PackObservation): Promise<Observation> =>
        laboratory.observeRestoring(archives, {}, DEFAULT_MEMORY);
      return [compare(packed, ordinary, bytes), compare(await restore(packed), await restore(ordinary), bytes)];
    },
  };
}

function pack(laboratory: Laboratory, task: Pick<PackTask, 'workload' | 'archiveMebibytes' | 'batch'>) {
  return laboratory.observePacking({ level: 1, warmUp: NO_WARM_UP, memoryMegabytes: DEFAULT_MEMORY, ...task }, true);
}

function compare(large: Observation, ordinary: Observation, bytes: number): Measurement {
  return {
    measured: large.peakMemory,
    floor: ordinary.peakMemory,
    ratio: large.peakMemory / ordinary.peakMemory,
    remark: `${Math.round(bytes / large.seconds / 1e6)} MB/s, ${((large.cpuSeconds / bytes) * 1e9).toFixed(1)} CPU s/GB`,
  };
}
