import type { Experiment } from '../experiment.ts';
import type { Laboratory } from '../laboratory.ts';
import { type Measurement, median } from '../row.ts';
import type { TransportTask } from '../sample-contract.ts';

const PART = 8 * 1024 * 1024;
const PARTS = 64;

/** What a service must spend besides zstd: the minimum cost of packing or restoring over TLS follows from it. */
export const transportAlone: Experiment = {
  rows: [
    {
      name: 'transport-read',
      title: 'CPU, GETs of 8 MiB over TLS, S3 client alone',
      floorIs: 'the same over plain HTTP',
    },
    {
      name: 'transport-write',
      title: 'CPU, PUTs of 8 MiB over TLS, S3 client alone',
      floorIs: 'the same over plain HTTP',
    },
    { name: 'transport-checksum', title: 'CPU, CRC-32 of 8 MiB in memory' },
  ].map((row) => ({ ...row, unit: 'CPU s/GB' })),
  async run(laboratory) {
    return [
      await compare(laboratory, 'read'),
      await compare(laboratory, 'write'),
      { measured: median(await takeSamples(laboratory, 'checksum', false)) },
    ];
  },
};

async function compare(laboratory: Laboratory, work: TransportTask['work']): Promise<Measurement> {
  const measured = median(await takeSamples(laboratory, work, true));
  return { measured, floor: median(await takeSamples(laboratory, work, false)) };
}

/** CPU seconds per GB. */
async function takeSamples(laboratory: Laboratory, work: TransportTask['work'], tls: boolean): Promise<number[]> {
  const workload = laboratory.workload('logs', PART, PARTS);
  const samples: number[] = [];
  for (let run = 0; run < laboratory.repetitions(3); run += 1) {
    const task = { kind: 'transport', workload, work, bucket: 'transport' } as const;
    const { cpuSeconds } = await laboratory.observe(task, { tls });
    samples.push((cpuSeconds / (workload.size * workload.count)) * 1e9);
  }
  return samples;
}
