import pLimit from 'p-limit';
import { createAdaptiveLevels } from '../../adaptive/adaptive-levels.ts';
import type { ContentClass } from '../../adaptive/content-class.ts';
import type { MarginalPrices } from '../../adaptive/cost-model.ts';
import { relativeCpuSpeed } from '../../adaptive/cpu-speed.ts';
import type { ArchiveLevels } from '../../adaptive/level-policy.ts';
import { StatisticsCache } from '../../adaptive/statistics-cache.ts';
import { FRAME_TARGET } from '../../archive/format.ts';
import { startCpuClock } from '../../compression/cpu-clock.ts';
import type { CompressedFrame } from '../../compression/frame-contract.ts';
import { InProcessFrames } from '../../compression/in-process-frames.ts';
import { measureCpuSpeed } from '../../compression/measure-cpu-speed.ts';
import { LevelProbe } from '../../compression/probe-levels.ts';
import { compressBound, FrameCompressor } from '../../compression/zstd-frames.ts';
import { levelsToChooseFrom, STANDARD_LEVELS } from '../../configuration/schema/levels.ts';
import type { ObjectEntry } from '../../listing/dependencies.ts';
import { ImpossibleEstimateError } from './errors.ts';
import { growthFactor, isSmaller } from './frame-growth.ts';
import { measureManifestBytesPerObject } from './manifest-share.ts';
import type { SampleUnit, StratumSample } from './plan-sample.ts';
import type { Stratum } from './population.ts';
import { groupUnits, layOutFrame, type ReadUnit } from './sample-frames.ts';

/** Reads the units of the sample. */
export interface SampleReader {
  /** @throws errors of the storage or the file system */
  read(unit: SampleUnit, signal: AbortSignal): Promise<Uint8Array>;
}

/** The measurements of a unit, which represents others like it. */
export interface UnitTest {
  readonly bytes: number;
  /** Compressed size of a sample of it at level 1, as a share. */
  readonly fraction: number;
}

/** The measurements of the sample of a domain: one prefix and kind, all sizes. */
export interface DomainMeasure {
  readonly group: string;
  readonly strata: readonly { readonly stratum: Stratum; readonly units: readonly UnitTest[] }[];
  /** Number of objects that were read, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Bytes that frames would have, tar headers included. */
  readonly compressed: number;
  /**
   * Part of `compressed` that was extrapolated from smaller frames, as a share: negative, since larger ones compress
   * better.
   */
  readonly concluded: number;
  /** Bytes of the manifest per object. */
  readonly manifestBytes: number;
  /** Of the reference machine. */
  readonly cpuSeconds: number;
}

export interface SampleMeasure {
  readonly domains: readonly DomainMeasure[];
  /** Objects that could not be read, with the reason of the first one. */
  readonly unread: { readonly objects: number; readonly reason: string } | undefined;
}

export interface MeasureOptions {
  readonly reader: SampleReader;
  readonly prices: MarginalPrices;
  /** zstd levels to choose from; default: those of a rule that names none. */
  readonly levels?: readonly number[];
  /** Bytes of objects in an archive of a group: no frame is larger. */
  readonly archiveBytes: (group: string) => number;
  readonly signal: AbortSignal;
  /** Called with the number of bytes that were read. */
  readonly onRead: (bytes: number) => void;
}

const CONCURRENT_READS = 32;
/** Trials are for learning; a sample has no later archives that would benefit from them. */
const NO_TRIALS = 1 - Number.EPSILON;

/**
 * Reads the sample and packs it as the functions would: by strata, in frames of similar objects, at the cheapest level
 * according to a probe of the first frame of its kind.
 * @throws ImpossibleEstimateError if none of it can be read, or the reason of the signal
 */
export async function measureSample(
  samples: readonly StratumSample[],
  options: MeasureOptions,
): Promise<SampleMeasure> {
  const work = new SampleWork(options);
  const domains: DomainMeasure[] = [];
  for (const name of new Set(samples.map(({ stratum }) => stratum.domain))) {
    domains.push(await work.measure(samples.filter(({ stratum }) => stratum.domain === name)));
  }
  const { failures } = work;
  const [reason] = failures.values();
  if (reason !== undefined && domains.every(({ objects }) => objects === 0)) {
    throw new ImpossibleEstimateError(`None of ${failures.size} sampled objects can be read: ${reason}`);
  }
  return { domains, unread: reason === undefined ? undefined : { objects: failures.size, reason } };
}

class SampleWork {
  readonly #options: MeasureOptions;
  readonly #levels: ArchiveLevels;
  readonly #cpuSpeed: number;
  readonly #probe: LevelProbe;
  readonly #frames = new InProcessFrames();
  readonly #limit = pLimit(CONCURRENT_READS);
  #output = new ArrayBuffer(0);
  readonly failures = new Map<ObjectEntry, string>();

  constructor(options: MeasureOptions) {
    const compressor = new FrameCompressor();
    const cpuSpeed = relativeCpuSpeed(measureCpuSpeed(compressor, startCpuClock));
    this.#options = options;
    this.#cpuSpeed = cpuSpeed;
    this.#probe = new LevelProbe(compressor);
    this.#levels = createAdaptiveLevels({
      levels: options.levels ?? levelsToChooseFrom(STANDARD_LEVELS),
      prices: options.prices,
      statistics: new StatisticsCache({ rule: 'estimate', store: undefined, now: () => 0, onFailure: () => undefined }),
      cpuSpeed: { known: cpuSpeed, measure: () => Promise.resolve(cpuSpeed) },
      random: () => NO_TRIALS,
    }).plan();
  }

  async measure(samples: readonly StratumSample[]): Promise<DomainMeasure> {
    const { group = '', content = 'other' } = samples[0]?.stratum ?? {};
    const bytes = samples.reduce((sum, { stratum }) => sum + stratum.totals.bytes, 0);
    const frameBytes = Math.max(1, Math.min(FRAME_TARGET, this.#options.archiveBytes(group), bytes));
    const tests = new Map<SampleUnit, UnitTest>();
    const sums = { bytes: 0, tar: 0, compressed: 0, cpuSeconds: 0 };
    const growth = { frame: 0, gain: 0 };
    const groups = groupUnits(
      samples.flatMap(({ units }) => units),
      frameBytes,
    );
    for (const units of groups) {
      const read = await this.#readAll(units);
      if (read.length === 0) continue;
      for (const { unit, bytes: unitBytes } of read) {
        tests.set(unit, { bytes: unitBytes.length, fraction: this.#probe.test(unitBytes) });
        sums.bytes += unitBytes.length;
      }
      const frame = await this.#compress(content, read);
      sums.tar += frame.decompressed;
      sums.compressed += frame.compressed;
      sums.cpuSeconds += frame.cpuSeconds * this.#cpuSpeed;
      if (growth.frame === 0 && isSmaller(frame.decompressed, frameBytes)) {
        Object.assign(growth, { frame: frame.decompressed, gain: await this.#gainOfWhole(content, read, frame) });
      }
    }
    const entries = new Set(Array.from(tests.keys(), ({ entry }) => entry));
    const factor = growth.frame === 0 ? 1 : growthFactor(growth.gain, frameBytes / (sums.tar / groups.length));
    return {
      group,
      strata: samples.map(({ stratum, units }) => ({
        stratum,
        units: units.flatMap((unit) => tests.get(unit) ?? []),
      })),
      objects: entries.size,
      bytes: sums.bytes,
      compressed: sums.compressed * factor,
      concluded: factor - 1,
      manifestBytes: await measureManifestBytesPerObject([...entries], this.#levels.expect('text')),
      cpuSeconds: sums.cpuSeconds,
    };
  }

  /** How much smaller a frame is than its halves, as a share. */
  async #gainOfWhole(content: ContentClass, read: readonly ReadUnit[], whole: CompressedFrame): Promise<number> {
    const middle = Math.ceil(read.length / 2);
    if (middle === read.length) return 0;
    let halves = 0;
    for (const half of [read.slice(0, middle), read.slice(middle)]) {
      halves += (await this.#compress(content, half)).compressed;
    }
    return Math.max(0, 1 - whole.compressed / halves);
  }

  async #readAll(units: readonly SampleUnit[]): Promise<ReadUnit[]> {
    const { reader, signal, onRead } = this.#options;
    const read = await Promise.all(
      units.map((unit) =>
        this.#limit(async (): Promise<ReadUnit[]> => {
          signal.throwIfAborted();
          try {
            const bytes = unit.length === 0 ? new Uint8Array(0) : await reader.read(unit, signal);
            onRead(bytes.length);
            return [{ unit, bytes }];
          } catch (thrown) {
            signal.throwIfAborted();
            this.failures.set(unit.entry, thrown instanceof Error ? thrown.message : String(thrown));
            return [];
          }
        }),
      ),
    );
    return read.flat();
  }

  async #compress(content: ContentClass, units: readonly ReadUnit[]): Promise<CompressedFrame> {
    const { input, slices, size } = layOutFrame(units);
    const ahead = {
      expected: content,
      bytes: size,
      framesAlike: Number.MAX_SAFE_INTEGER,
      probe: (levels: readonly number[]) =>
        Promise.resolve(this.#probe.probe(new Uint8Array(input, 0, size), levels, startCpuClock)),
    };
    const { reason, ...levels } = await this.#levels.forFrame(ahead);
    if (this.#output.byteLength < compressBound(size)) this.#output = new ArrayBuffer(compressBound(size));
    const task = { kind: 'compress', input, output: this.#output, slices, endsTar: false, levels } as const;
    const frame = await this.#frames.compress(task);
    this.#levels.note({ expected: content, reason, bytes: size, ...frame });
    return frame;
  }
}
