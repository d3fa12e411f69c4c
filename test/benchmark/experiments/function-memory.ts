import { examplePrices } from '../../support/prices.ts';
import type { Experiment } from '../experiment.ts';
import type { Laboratory, Observation, PackObservation } from '../laboratory.ts';
import { type Measurement, median, type RowSpec } from '../row.ts';
import type { Workload } from '../workloads.ts';
import { WARM_UP_RECORDS } from './warm-up.ts';

/** MB of functions with one vCPU and with two. */
const ONE_VCPU = 1769;
const TWO_VCPUS = 3538;
const LEVEL = 6;
const KIND = { latency: 20, tls: true };
const NAMES: Readonly<Record<string, string>> = { '1mb': '1 MB objects', '10kb': '10 KB objects' };
const { lambda_gb_second: gigabyteSecond } = examplePrices();

/**
 * What Lambda bills for packing and restoring a GB, in a function of one vCPU against one of two: wall time times
 * memory. Half of the processors cost half as much while all wait for S3, and the same while all work. Over TLS, like
 * S3.
 */
export const functionMemory: Experiment = {
  needs: ['taskset'],
  rows: [
    ...['1mb', '10kb'].map((name) => row(name, 'packed', NAMES[name])),
    ...['1mb', '10kb'].map((name) => row(`restore-${name}`, 'restored', NAMES[name])),
  ],
  async run(laboratory) {
    const large = await compare(laboratory, laboratory.workload('logs', 1_000_000, 200));
    const small = await compare(laboratory, laboratory.workload('records', 10_000, 6_000));
    return [large.packing, small.packing, large.restoring, small.restoring];
  },
};

function row(name: string, done: string, what = ''): RowSpec {
  return {
    name: `function-memory-${name}`,
    title: `USD per GB ${done} by a function of ${ONE_VCPU} MB, ${what}, level ${LEVEL}, ${KIND.latency} ms to the first byte`,
    unit: 'USD/GB',
    floorIs: `function of ${TWO_VCPUS} MB`,
  };
}

/** Dollars per GB in the smaller function, in the larger one, and their ratio; a value per repetition. */
class Comparison {
  readonly #measured: number[] = [];
  readonly #floor: number[] = [];

  add(one: number, two: number): void {
    this.#measured.push(one);
    this.#floor.push(two);
  }

  get measurement(): Measurement {
    const ratio = median(this.#measured.map((one, run) => one / (this.#floor[run] ?? Number.NaN)));
    return { measured: median(this.#measured), floor: median(this.#floor), ratio };
  }
}

async function compare(
  laboratory: Laboratory,
  workload: Workload,
): Promise<{ packing: Measurement; restoring: Measurement }> {
  const gigabytes = (workload.size * workload.count) / 2 ** 30;
  const dollars = ({ seconds }: Observation, memoryMegabytes: number): number =>
    (seconds * (memoryMegabytes / 1024) * gigabyteSecond) / gigabytes;
  const pack = (memoryMegabytes: number): Promise<PackObservation> =>
    laboratory.observePacking({ workload, level: LEVEL, memoryMegabytes, warmUp: WARM_UP_RECORDS }, true, KIND);
  const [packing, restoring] = [new Comparison(), new Comparison()];
  for (let run = 0; run < laboratory.repetitions(3); run += 1) {
    const [one, two] = [await pack(ONE_VCPU), await pack(TWO_VCPUS)];
    packing.add(dollars(one, ONE_VCPU), dollars(two, TWO_VCPUS));
    const [small, large] = [
      await laboratory.observeRestoring(one, KIND, ONE_VCPU),
      await laboratory.observeRestoring(two, KIND, TWO_VCPUS),
    ];
    restoring.add(dollars(small, ONE_VCPU), dollars(large, TWO_VCPUS));
  }
  return { packing: packing.measurement, restoring: restoring.measurement };
}
