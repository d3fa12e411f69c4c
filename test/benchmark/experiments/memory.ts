import type { Experiment } from '../experiment.ts';
import { atMost } from '../row.ts';
import { NO_WARM_UP } from './warm-up.ts';

const LARGE = 4 * 1024 ** 3;
const ORDINARY = 300_000_000;
const LIMIT = 512 * 1024 ** 2;

/** Peak resident memory must not depend on the size of an object. */
export const memoryOfLargeObjects: Experiment = {
  rows: [
    {
      name: 'memory-source',
      title: 'peak memory, source, object of 4 GiB',
      unit: 'bytes',
      floorIs: 'object of 300 MB',
      goal: atMost(LIMIT),
    },
    {
      name: 'memory-target',
      title: 'peak memory, target, object of 4 GiB',
      unit: 'bytes',
      floorIs: 'object of 300 MB',
      goal: atMost(LIMIT),
    },
  ],
  async run(laboratory) {
    // A name of exactly this size exists for any size; a quick run takes 1 GiB.
    const size = laboratory.quick ? LARGE / 4 : LARGE;
    const task = { level: 1, warmUp: NO_WARM_UP };
    const large = await laboratory.observePacking({ ...task, workload: { corpus: 'logs', size, count: 1 } }, true);
    const ordinary = await laboratory.observePacking(
      { ...task, workload: { corpus: 'logs', size: ORDINARY, count: 1 } },
      true,
    );
    const pairs = [
      [large, ordinary],
      [await laboratory.observeRestoring(large), await laboratory.observeRestoring(ordinary)],
    ] as const;
    return pairs.map(([one, other]) => ({
      measured: one.peakMemory,
      floor: other.peakMemory,
      ratio: one.peakMemory / other.peakMemory,
    }));
  },
};
