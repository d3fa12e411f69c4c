import { examplePrices } from '../../support/prices.ts';
import type { Experiment } from '../experiment.ts';
import type { Laboratory } from '../laboratory.ts';
import { type Measurement, median, type RowSpec } from '../row.ts';
import type { Workload } from '../workloads.ts';
import { WARM_UP_RECORDS } from './warm-up.ts';

/** MB of functions with one vCPU and with two. */
const ONE_VCPU = 1769;
const TWO_VCPUS = 3538;
const LEVEL = 6;
const LATENCY = 20;
const { lambda_gb_second: gigabyteSecond } = examplePrices();

/**
 * What Lambda bills for packing a GB, in a function of one vCPU against one of two: wall time times memory. Half of the processors cost half as
 * much while all wait for S3, and nothing more while all work.
 */
export const functionMemory: Experiment = {
  needs: ['taskset'],
  rows: [row('1mb', '1 MB objects'), row('10kb', '10 KB objects')],
  async run(laboratory) {
    return [
      await compare(laboratory, laboratory.workload('logs', 1_000_000, 200)),
      await compare(laboratory, laboratory.workload('records', 10_000, 6_000)),
    ];
  },
};

function row(name: string, what: string): RowSpec {
  return {
    name: `function-memory-${name}`,
    title: `USD per GB packed by a function of ${ONE_VCPU} MB, ${what}, level ${LEVEL}, ${LATENCY} ms to the first byte`,
    unit: 'USD/GB',
    floorIs: `function of ${TWO_VCPUS} MB`,
  };
}

async function compare(laboratory: Laboratory, workload: Workload): Promise<Measurement> {
  const dollars = async (memoryMegabytes: number): Promise<number> => {
    const task = { workload, level: LEVEL, memoryMegabytes, warmUp: WARM_UP_RECORDS };
    const { seconds } = await laboratory.observePacking(task, false, { latency: LATENCY });
    return (seconds * (memoryMegabytes / 1024) * gigabyteSecond) / ((workload.size * workload.count) / 2 ** 30);
  };
  const [measured, floor, ratio]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < laboratory.repetitions(3); run += 1) {
    const one = await dollars(ONE_VCPU);
    const two = await dollars(TWO_VCPUS);
    measured.push(one);
    floor.push(two);
    ratio.push(one / two);
  }
  return { measured: median(measured), floor: median(floor), ratio: median(ratio) };
}
