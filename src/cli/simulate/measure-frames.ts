import { relativeCpuSpeed } from '../../adaptive/cpu-speed.ts';
import { FRAME_TARGET } from '../../archive/format.ts';
import { startCpuClock } from '../../compression/cpu-clock.ts';
import { InProcessFrames } from '../../compression/in-process-frames.ts';
import { measureCpuSpeed } from '../../compression/measure-cpu-speed.ts';
import { LevelProbe } from '../../compression/probe-levels.ts';
import { compressBound, FrameCompressor } from '../../compression/zstd-frames.ts';
import type { SampleReader } from '../estimate/measure-sample.ts';
import type { StratumSample } from '../estimate/plan-sample.ts';
import { groupUnits, layOutFrame, type ReadUnit, type SampleFrame } from '../estimate/sample-frames.ts';
import type { FrameCosts, MeasuredLevel } from './frame-costs.ts';
import type { WeightedFrame } from './simulated-archive.ts';

export interface MeasureFramesOptions {
  readonly reader: SampleReader;
  /** zstd levels, the fastest first. */
  readonly levels: readonly number[];
  /** Bytes of objects per archive: no frame is larger. */
  readonly archiveBytes: number;
  readonly signal: AbortSignal;
  /** Called with the number of bytes that were read and measured. */
  readonly onMeasured: (bytes: number) => void;
}

/** CPU clocks may tick in milliseconds: a level that takes less time is run again. */
const MIN_SECONDS = 0.02;
const MAX_RUNS = 8;

/**
 * Reads the sample and compresses each frame of it at every level. CPU times are those of the reference machine.
 * @throws what reading throws, or the reason of the signal
 */
export async function measureFrames(
  samples: readonly StratumSample[],
  options: MeasureFramesOptions,
): Promise<WeightedFrame[]> {
  const bench = new LevelBench(options.levels);
  const frames: WeightedFrame[] = [];
  for (const domain of Map.groupBy(samples, ({ stratum }) => stratum.domain).values()) {
    const content = domain[0]?.stratum.content ?? 'other';
    const units = domain.flatMap((sample) => sample.units);
    const objectBytes = domain.reduce((sum, { stratum }) => sum + stratum.totals.bytes, 0);
    const read = units.reduce((sum, { length }) => sum + length, 0);
    for (const group of groupUnits(units, Math.max(1, Math.min(FRAME_TARGET, options.archiveBytes)))) {
      const bytes = await readUnits(group, options);
      const costs = await bench.measure(layOutFrame(bytes), options.signal);
      const length = group.reduce((sum, unit) => sum + unit.length, 0);
      if (costs.bytes > 0) frames.push({ content, costs, weight: objectBytes * (length / Math.max(1, read)) });
      options.onMeasured(length);
    }
  }
  return frames;
}

async function readUnits(
  units: readonly ReadUnit['unit'][],
  { reader, signal }: MeasureFramesOptions,
): Promise<ReadUnit[]> {
  const read: ReadUnit[] = [];
  for (const unit of units) {
    signal.throwIfAborted();
    read.push({ unit, bytes: unit.length === 0 ? new Uint8Array(0) : await reader.read(unit, signal) });
  }
  return read;
}

class LevelBench {
  readonly #levels: readonly number[];
  readonly #frames = new InProcessFrames();
  readonly #probe: LevelProbe;
  readonly #cpuSpeed: number;

  constructor(levels: readonly number[]) {
    const compressor = new FrameCompressor();
    this.#levels = levels;
    this.#probe = new LevelProbe(compressor);
    this.#cpuSpeed = relativeCpuSpeed(measureCpuSpeed(compressor, startCpuClock));
  }

  async measure(frame: SampleFrame, signal: AbortSignal): Promise<FrameCosts> {
    const { input, size } = frame;
    const output = new ArrayBuffer(compressBound(size));
    const levels: MeasuredLevel[] = [];
    for (const level of this.#levels) {
      signal.throwIfAborted();
      levels.push(await this.#measureLevel(level, frame, output));
    }
    const probe = this.#probe.probe(new Uint8Array(input, 0, size), this.#levels, startCpuClock);
    return {
      bytes: size,
      fraction: probe.fraction,
      levels,
      probe: {
        fraction: probe.fraction,
        levels: probe.levels.map(({ secondsPerByte, ...rest }) => ({
          ...rest,
          secondsPerByte: secondsPerByte * this.#cpuSpeed,
        })),
      },
    };
  }

  async #measureLevel(level: number, { input, slices }: SampleFrame, output: ArrayBuffer): Promise<MeasuredLevel> {
    const task = { kind: 'compress', input, output, slices, endsTar: false, levels: { level } } as const;
    let seconds = 0;
    for (let run = 1; ; run += 1) {
      const { compressed, cpuSeconds } = await this.#frames.compress(task);
      seconds += cpuSeconds;
      if (seconds >= MIN_SECONDS || run === MAX_RUNS) {
        return { level, compressed, cpuSeconds: (seconds / run) * this.#cpuSpeed };
      }
    }
  }
}
