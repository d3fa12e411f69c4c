import { KIB } from '../units.ts';
import { cheapestLevel, sampleLevel } from './choose-level.ts';
import { type ContentClass, factsOfClass, INCOMPRESSIBLE_FRACTION, resolveContentClass } from './content-class.ts';
import type { MarginalPrices } from './cost-model.ts';
import { estimateLevels, type LevelEstimate } from './estimate-levels.ts';
import type {
  ArchiveLevels,
  ChosenLevels,
  FrameOutcome,
  FrameProbe,
  LevelCap,
  LevelPolicy,
  LevelReason,
  LevelShare,
  UpcomingFrame,
} from './level-policy.ts';
import { sumShares } from './level-shares.ts';
import type { RuleStatistics } from './rule-statistics.ts';
import type { StatisticsCache } from './statistics-cache.ts';
import { addProbe, summarizeArchive } from './summarize-archive.ts';

/** Archives after which a class is probed again; earlier evidence then counts for a third. */
const PROBE_AGE = 32;
/** A smaller frame says too little about its class to be probed. */
const MIN_PROBED_BYTES = 256 * KIB;
/**
 * A class with fewer frames than this in an archive has a trial in some archives only: on average once per this many
 * frames.
 */
const FRAMES_PER_TRIAL = 16;

export interface AdaptiveOptions {
  /** The levels to choose from, fastest first. */
  readonly levels: readonly number[];
  readonly prices: MarginalPrices;
  readonly statistics: StatisticsCache;
  readonly cpuSpeed: CpuSpeed;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Speed of this machine relative to the reference machine. */
export interface CpuSpeed {
  /** 1 until it is measured. */
  readonly known: number;
  /** Measures it on the first call; never fails. */
  measure(): Promise<number>;
}

/**
 * Chooses levels by cost. Most frames of a class get the level that is the cheapest by current knowledge. Now and then
 * one frame gets the winner of a random draw from the uncertain estimates; such a trial costs one frame of an archive.
 * A class that is new to the rule is probed before its first frame.
 */
export function createAdaptiveLevels(options: AdaptiveOptions): LevelPolicy {
  return {
    levels: options.levels,
    plan: (cap) => {
      // Runs in the pool while the first objects are being read.
      void options.cpuSpeed.measure();
      return new AdaptiveArchive(options, cap);
    },
  };
}

class AdaptiveArchive implements ArchiveLevels {
  readonly #options: AdaptiveOptions;
  readonly #cap: LevelCap | undefined;
  /** What was known when the archive began, and the results of its own probes. */
  #statistics: RuleStatistics | undefined;
  readonly #probes = new Map<ContentClass, Promise<void>>();
  readonly #probed = new Set<ContentClass>();
  /** Frames of a class before the one with the trial. */
  readonly #trials = new Map<ContentClass, number>();
  readonly #found: [ContentClass, FrameProbe][] = [];
  readonly #outcomes: FrameOutcome[] = [];
  /** Estimates from `#statistics`; emptied when those change. */
  readonly #estimated = new Map<ContentClass, LevelEstimate[]>();

  constructor(options: AdaptiveOptions, cap: LevelCap | undefined) {
    this.#options = options;
    this.#cap = cap;
  }

  expect(content: ContentClass): number {
    return this.#cheapest(content).level;
  }

  async forFrame(frame: UpcomingFrame): Promise<ChosenLevels> {
    if (this.#statistics === undefined) {
      const read = await this.#options.statistics.read();
      this.#statistics ??= read;
    }
    await this.#probeInTime(frame);
    const content = resolveContentClass(frame.expected, false);
    if (this.#isTrial(frame) && this.#cap === undefined) {
      const draw = (drawn: ContentClass): number => sampleLevel(this.#estimates(drawn), this.#options.random).level;
      return {
        level: draw(content),
        ifPacked: { above: INCOMPRESSIBLE_FRACTION, level: draw('packed') },
        reason: 'tried',
      };
    }
    const { level, reason } = this.#cheapest(content);
    return { level, ifPacked: { above: INCOMPRESSIBLE_FRACTION, level: this.#cheapest('packed').level }, reason };
  }

  note(outcome: FrameOutcome): void {
    this.#outcomes.push(outcome);
  }

  shares(): LevelShare[] {
    return sumShares(this.#outcomes);
  }

  async learn(): Promise<void> {
    const { statistics, cpuSpeed } = this.#options;
    const speed = await cpuSpeed.measure();
    await statistics.add(summarizeArchive(this.#outcomes, this.#found, statistics.known, speed));
  }

  /** Whether this is the one frame of its class with the trial. */
  #isTrial({ expected, framesAlike }: UpcomingFrame): boolean {
    const turn = this.#trials.get(expected) ?? this.#draw(Math.max(framesAlike, FRAMES_PER_TRIAL));
    this.#trials.set(expected, turn - 1);
    return turn === 0;
  }

  #draw(choices: number): number {
    return Math.floor(this.#options.random() * choices);
  }

  /** One probe per class and archive; all frames of the class wait for it. */
  async #probeInTime({ expected, bytes, probe }: UpcomingFrame): Promise<void> {
    if (bytes < MIN_PROBED_BYTES) return;
    const { archives, probes } = this.#statistics ?? this.#options.statistics.known;
    const last = probes.get(expected);
    if (last !== undefined && (archives - last.archive < PROBE_AGE || this.#cap !== undefined)) return;
    const begun = this.#probes.get(expected) ?? this.#probe(expected, probe);
    this.#probes.set(expected, begun);
    await begun;
  }

  async #probe(expected: ContentClass, probe: UpcomingFrame['probe']): Promise<void> {
    const found = await probe(this.#options.levels);
    const content = resolveContentClass(expected, found.fraction > INCOMPRESSIBLE_FRACTION);
    this.#probed.add(content);
    this.#remember(content, found);
    // Nothing was learned about the class that the names suggest, but this avoids a probe of it in every archive.
    if (content !== expected)
      this.#remember(expected, { fraction: factsOfClass(expected).typicalFraction, levels: [] });
  }

  #remember(content: ContentClass, found: FrameProbe): void {
    this.#found.push([content, found]);
    const known = this.#statistics ?? this.#options.statistics.known;
    this.#statistics = addProbe(known, content, found, this.#options.cpuSpeed.known);
    this.#estimated.clear();
  }

  #estimates(content: ContentClass): LevelEstimate[] {
    const { levels, prices, cpuSpeed, statistics } = this.#options;
    const options = { levels, prices, cpuSpeed: cpuSpeed.known };
    if (this.#statistics === undefined) return estimateLevels(statistics.known, content, options);
    const estimates = this.#estimated.get(content) ?? estimateLevels(this.#statistics, content, options);
    this.#estimated.set(content, estimates);
    return estimates;
  }

  #cheapest(content: ContentClass): { level: number; reason: LevelReason } {
    const estimates = this.#estimates(content);
    const { level } = cheapestLevel(estimates, factsOfClass(content).equalWithin);
    const reason = this.#probed.has(content) ? 'probed' : 'cheapest';
    const cap = this.#cap;
    if (cap === undefined || level <= cap.highest) return { level, reason };
    const allowed = estimates.filter((one) => one.level <= cap.highest);
    return {
      level: cheapestLevel(allowed.length > 0 ? allowed : estimates.slice(0, 1), factsOfClass(content).equalWithin)
        .level,
      reason: cap.reason,
    };
  }
}
