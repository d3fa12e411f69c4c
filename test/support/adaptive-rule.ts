import { seededRandom } from '../../local-cloud/faults/random.ts';
import { type AdaptiveOptions, createAdaptiveLevels } from '../../src/adaptive/adaptive-levels.ts';
import type { ContentClass } from '../../src/adaptive/content-class.ts';
import type { ArchiveLevels, ChosenLevels, FrameProbe, LevelCap } from '../../src/adaptive/level-policy.ts';
import { StatisticsCache } from '../../src/adaptive/statistics-cache.ts';
import type { StatisticsStore } from '../../src/adaptive/statistics-store.ts';
import type { CompressorError } from '../../src/errors.ts';

/** The properties of content: the result of each level per byte, on a machine with speed 1. */
export interface Content {
  /** The fraction that the test of a frame finds. */
  readonly fraction: number;
  readonly levels: Readonly<Record<number, { readonly left: number; readonly secondsPerByte: number }>>;
}

/** Default bytes of a frame. */
const FRAME = 8e6;

/** A process that packs the archives of one rule. */
export class AdaptiveProcess {
  readonly failures: CompressorError[] = [];
  readonly #policy: ReturnType<typeof createAdaptiveLevels>;
  readonly #cpuSpeed: number;
  /** Number of probed frames. */
  probes = 0;

  constructor({
    levels,
    cpuSpeed = 1,
    store,
    seed = 1,
    now = () => 0,
    archiveByte = 0.02e-9,
  }: {
    readonly levels: readonly number[];
    readonly cpuSpeed?: number;
    readonly store?: StatisticsStore;
    readonly seed?: number;
    readonly now?: () => number;
    readonly archiveByte?: number;
  }) {
    this.#cpuSpeed = cpuSpeed;
    const options: AdaptiveOptions = {
      levels,
      prices: { archiveByte, cpuSecond: 2.3e-5 },
      statistics: new StatisticsCache({
        rule: 'rule',
        store,
        now,
        onFailure: (error) => {
          this.failures.push(error);
        },
      }),
      cpuSpeed: { known: cpuSpeed, measure: () => Promise.resolve(cpuSpeed) },
      random: seededRandom(seed),
    };
    this.#policy = createAdaptiveLevels(options);
  }

  /** Packs an archive of these frames. @returns the levels of the frames, in order */
  async pack(
    frames: readonly (readonly [ContentClass, Content])[],
    cap?: LevelCap,
    frameBytes = FRAME,
  ): Promise<ChosenLevels[]> {
    const archive = this.#policy.plan(cap);
    const chosen: ChosenLevels[] = [];
    for (const [expected, content] of frames) {
      const framesAlike = frames.filter(([other]) => other === expected).length;
      const probe = (levels: readonly number[]) => this.#probe(content, levels);
      const frame = await archive.forFrame({ expected, bytes: frameBytes, framesAlike, probe });
      chosen.push(frame);
      this.#note(archive, expected, content, frame, frameBytes);
    }
    await archive.learn();
    return chosen;
  }

  #probe({ fraction, levels }: Content, asked: readonly number[]): Promise<FrameProbe> {
    this.probes += 1;
    const probed = asked.flatMap((level) => {
      const made = levels[level];
      return made === undefined
        ? []
        : [{ level, fraction: made.left, secondsPerByte: made.secondsPerByte / this.#cpuSpeed }];
    });
    return Promise.resolve({ fraction, levels: probed });
  }

  #note(archive: ArchiveLevels, expected: ContentClass, content: Content, chosen: ChosenLevels, bytes: number): void {
    const isPacked = content.fraction > (chosen.ifPacked?.above ?? 1);
    const level = isPacked ? (chosen.ifPacked?.level ?? chosen.level) : chosen.level;
    const { left = 1, secondsPerByte = 1e-10 } = content.levels[level] ?? {};
    archive.note({
      expected,
      level,
      reason: chosen.reason,
      bytes,
      compressed: bytes * left,
      cpuSeconds: (bytes * secondsPerByte) / this.#cpuSpeed,
      test: { fraction: content.fraction, isPacked },
    });
  }
}
