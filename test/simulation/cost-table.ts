import { availableParallelism } from 'node:os';
import type { NamedSlice } from '../../src/archive/frame-bytes.ts';
import { memberHeaderLength, memberPadding } from '../../src/archive/tar-header.ts';
import type { FrameCosts, MeasuredLevel } from '../../src/cli/simulate/frame-costs.ts';
import { FramePool } from '../../src/compression/frame-pool.ts';
import { compressBound } from '../../src/compression/zstd-frames.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../src/configuration/schema/levels.ts';
import { frameWorkerModule } from '../../src/wiring/frame-worker-module.ts';
import { KINDS, type Kind, makeSamples } from './content.ts';

/** The levels to choose from. */
export const CANDIDATES = levelsToChooseFrom(STANDARD_LEVELS);
/** Further levels that are measured, because the public algorithm uses any from 1 to 22. */
const BETWEEN = [15, 22];
const SAMPLES = 3;
/** CPU clocks may tick in milliseconds, so fast levels are repeated for about 20 ms. */
const RUNS: readonly (readonly [upTo: number, runs: number])[] = [
  [3, 12],
  [12, 3],
  [22, 1],
];

/** For each kind, the measurements of its samples. */
export type CostTable = Readonly<Record<Kind, readonly FrameCosts[]>>;

/** Measures all kinds with the project's own workers. */
export async function measureCosts(onKind: (kind: Kind) => void): Promise<CostTable> {
  const pool = new FramePool({ worker: frameWorkerModule(), threads: availableParallelism() });
  try {
    const table: Partial<Record<Kind, readonly FrameCosts[]>> = {};
    for (const kind of Object.keys(KINDS) as Kind[]) {
      onKind(kind);
      table[kind] = await Promise.all(makeSamples(kind, SAMPLES).map((sample) => measureSample(sample, pool)));
    }
    return table as CostTable;
  } finally {
    await pool.close();
  }
}

async function measureSample(sample: Uint8Array, pool: FramePool): Promise<FrameCosts> {
  const { input, slice, size } = frameOf(sample);
  const { fraction, levels: probed } = await pool.probe({
    kind: 'probe',
    input: input.slice(),
    size,
    levels: CANDIDATES,
  });
  const levels: MeasuredLevel[] = [];
  for (const level of [...CANDIDATES, ...BETWEEN].toSorted((left, right) => left - right)) {
    const runs = RUNS.find(([upTo]) => level <= upTo)?.[1] ?? 1;
    let compressed = 0;
    let seconds = 0;
    for (let run = 0; run < runs; run += 1) {
      const frame = await pool.compress({
        kind: 'compress',
        input: input.slice(),
        output: new ArrayBuffer(compressBound(size)),
        slices: [slice],
        endsTar: false,
        levels: { level },
      });
      compressed = frame.compressed;
      seconds += frame.cpuSeconds;
    }
    levels.push({ level, compressed, cpuSeconds: seconds / runs });
  }
  return { bytes: size, fraction, levels, probe: { fraction, levels: probed } };
}

function frameOf(sample: Uint8Array): {
  input: Uint8Array<ArrayBuffer>['buffer'];
  slice: NamedSlice;
  size: number;
} {
  const name = 'objects/sample';
  const headerLength = memberHeaderLength(name, sample.length);
  const padding = memberPadding(sample.length);
  const size = headerLength + sample.length + padding;
  const input = new ArrayBuffer(size);
  new Uint8Array(input).set(sample, headerLength);
  const slice = { name, size: sample.length, modified: 0, offset: 0, headerLength, length: sample.length, padding };
  return { input, slice, size };
}
