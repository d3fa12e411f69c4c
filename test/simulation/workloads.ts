import { type Random, seededRandom } from '../../local-cloud/faults/random.ts';
import type { SimulatedArchive } from '../../src/cli/simulate/simulated-archive.ts';
import { KINDS, type Kind } from './content.ts';
import type { CostTable } from './cost-table.ts';

/** A description of a rule's archives over time. */
export interface Workload {
  readonly name: string;
  /** Kinds of the frames, drawn with equal probability; `laterKinds` replace them in the second half. */
  readonly kinds: readonly Kind[];
  readonly laterKinds?: readonly Kind[];
  /** Frames of an archive: from, to. */
  readonly frames: readonly [number, number];
  /** Relative deviation of CPU times. */
  readonly cpuNoise: number;
  /** Speeds of the machines that pack. */
  readonly hosts: readonly number[];
  /** USD per GB of transfer, for all regions together. */
  readonly transfer: number;
}

export interface WorkloadArchive extends SimulatedArchive {
  readonly objects: number;
  /** Seconds of transfer each way, which the public algorithm includes. */
  readonly networkSeconds: number;
}

const QUIET = { frames: [4, 32], cpuNoise: 0.06, hosts: [1], transfer: 0.02 } as const;

export const WORKLOADS: readonly Workload[] = [
  { ...QUIET, name: 'json', kinds: ['json'] },
  { ...QUIET, name: 'logs', kinds: ['logs'] },
  { ...QUIET, name: 'csv, small archives', kinds: ['csv'], frames: [1, 2] },
  { ...QUIET, name: 'parquet', kinds: ['parquet'] },
  { ...QUIET, name: 'pictures', kinds: ['pictures'] },
  { ...QUIET, name: 'mixed', kinds: ['json', 'logs', 'csv', 'parquet', 'sensors', 'pictures'] },
  // One class, text: all of them get the same level.
  { ...QUIET, name: 'three kinds of text', kinds: ['json', 'logs', 'csv'] },
  { ...QUIET, name: 'changes half-way', kinds: ['sensors'], laterKinds: ['parquet'] },
  { ...QUIET, name: 'noisy CPUs', kinds: ['json'], cpuNoise: 0.4, hosts: [0.6, 1, 1.6] },
  { ...QUIET, name: 'expensive transfer', kinds: ['json', 'csv'], transfer: 0.294 },
];

/** Relative deviations of the compressed size of a frame: per archive, and per frame. */
const ARCHIVE_DEVIATION = 0.1;
const FRAME_DEVIATION = 0.03;
const FRAME_BYTES = 8 * 1024 * 1024;
const NETWORK_BYTES_PER_SECOND = 70e6;
const NETWORK_NOISE = 0.3;

/** The archives of a workload: the same for the same seed, whichever packer uses them. */
export function makeArchives(workload: Workload, table: CostTable, count: number, seed: number): WorkloadArchive[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const later = index >= count / 2 ? workload.laterKinds : undefined;
    return makeArchive(workload, later ?? workload.kinds, table, random);
  });
}

function makeArchive(
  { frames: [least, most], cpuNoise, hosts }: Workload,
  kinds: readonly Kind[],
  table: CostTable,
  random: Random,
): WorkloadArchive {
  const count = least + Math.floor(random() * (most - least + 1));
  const ofArchive = spread(ARCHIVE_DEVIATION, random);
  const secondsOfArchive = spread(cpuNoise, random);
  const frames = Array.from({ length: count }, () => {
    const kind = drawn(kinds, random);
    const costs = drawn(table[kind], random);
    return {
      content: KINDS[kind],
      costs,
      scale: FRAME_BYTES / costs.bytes,
      // The size of already compressed content does not vary.
      compressedFactor: kind === 'pictures' ? 1 : ofArchive * spread(FRAME_DEVIATION, random),
      secondsFactor: secondsOfArchive * spread(cpuNoise / 2, random),
    };
  });
  const networkSeconds = ((count * FRAME_BYTES) / NETWORK_BYTES_PER_SECOND) * spread(NETWORK_NOISE, random);
  return { frames, objects: 1 + Math.floor(random() * 10), networkSeconds, hostSpeed: drawn(hosts, random) };
}

function drawn<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('There is nothing to draw from');
  return item;
}

/** A factor around 1, log-normal. */
function spread(deviation: number, random: Random): number {
  return Math.exp(deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}
