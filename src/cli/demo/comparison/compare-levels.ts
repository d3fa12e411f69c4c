import { guessContentClass, INCOMPRESSIBLE_FRACTION, resolveContentClass } from '../../../adaptive/content-class.ts';
import type { MarginalPrices } from '../../../adaptive/cost-model.ts';
import { describeLevel } from '../../../configuration/schema/levels.ts';
import { type ArchiveBytes, readArchiveFrame, readFrames, readManifest } from '../archives/read-archive.ts';
import { DemoFailedError } from '../errors.ts';
import type { LevelUse } from '../pipeline/level-use.ts';
import { FrameBench, type Recompressed } from './frame-bench.ts';

/** The cost of the frames of all archives, as they are or at one level. */
export interface LevelCost {
  /** Level as text; `chosen` means the levels that the frames have, including the cost of choosing them. */
  readonly level: string;
  readonly compressedBytes: number;
  /** CPU time of one core of this machine. */
  readonly cpuSeconds: number;
  /** USD of the costs that depend on the level: transfer and staging of the bytes, and CPU time of compression. */
  readonly dollars: number;
}

export interface ComparisonOptions {
  /** The levels to compare with, one at a time. */
  readonly levels: readonly number[];
  /** Those that the functions chose from. */
  readonly candidates: readonly number[];
  /** The levels that they used, according to their logs; the most bytes first. */
  readonly uses: readonly LevelUse[];
  readonly prices: MarginalPrices;
  /** Called after each frame. */
  readonly onFrame: () => void;
}

/**
 * Compresses the frames of all archives again at each level, while nothing else is running, timed by one clock. This
 * also shows which level a frame has: zstd produces the same bytes for the same frame and level.
 * @returns the chosen levels first, then each level
 * @throws DemoFailedError if no candidate reproduces a frame
 */
export async function compareLevels(
  archives: readonly ArchiveBytes[],
  { levels, candidates, uses, prices, onFrame }: ComparisonOptions,
): Promise<LevelCost[]> {
  // A killed function could not log its levels, so all levels are tried, those known to be in use first.
  const likely = candidates.toSorted((left, right) => rankOf(left, uses) - rankOf(right, uses));
  const bench = new FrameBench();
  const chosen = new Sum();
  const fixed = levels.map((level) => ({ level, sum: new Sum() }));
  const choosing = new Choosing(bench, candidates, uses);
  for (const archive of archives) {
    const frames = await readFrames(archive);
    const { objects } = await readManifest(archive, frames);
    const keys = new Map(objects.map(({ frame, key }) => [frame, key]));
    let key = '';
    // The last frame is the manifest's, whose cost does not depend on the objects' level.
    for (const [index, entry] of [...frames].slice(0, -1).entries()) {
      // The objects of a frame are of one kind; an object that spans several frames is listed in the first.
      key = keys.get(index) ?? key;
      const tar = await readArchiveFrame(archive, entry);
      const original = await archive.read(entry.offset, entry.compressed);
      const results = new Map(levels.map((level) => [level, bench.compress(tar, original, level)]));
      for (const { level, sum } of fixed) sum.add(results.get(level));
      chosen.add(findOriginal(likely, (level) => results.get(level) ?? bench.compress(tar, original, level)));
      chosen.seconds += choosing.secondsFor(key, tar);
      onFrame();
    }
  }
  const dollars = ({ bytes, seconds }: Sum): number => prices.archiveByte * bytes + prices.cpuSecond * seconds;
  return [
    { level: 'chosen', sum: chosen },
    ...fixed.map(({ level, sum }) => ({ level: describeLevel(level), sum })),
  ].map(({ level, sum }) => ({ level, compressedBytes: sum.bytes, cpuSeconds: sum.seconds, dollars: dollars(sum) }));
}

class Sum {
  bytes = 0;
  seconds = 0;

  add(result: Pick<Recompressed, 'bytes' | 'seconds'> | undefined): void {
    this.bytes += result?.bytes ?? 0;
    this.seconds += result?.seconds ?? 0;
  }
}

/** For content that does not compress, several levels produce the same bytes: the one that is used most is assumed. */
function findOriginal(levels: readonly number[], compress: (level: number) => Recompressed): Recompressed {
  for (const level of levels) {
    const result = compress(level);
    if (result.isOriginal) return result;
  }
  throw new DemoFailedError('A frame has none of the levels that the rule may use', {
    context: { levels: levels.join(', ') },
  });
}

/** Rank of a level among those in use, the most bytes first; after all of them if no log names it. */
function rankOf(level: number, uses: readonly LevelUse[]): number {
  const rank = uses.findIndex((use) => use.level === describeLevel(level));
  return rank === -1 ? uses.length : rank;
}

/** The functions' cost of choosing: a test of each frame, and an occasional probe of each kind of content. */
class Choosing {
  readonly #bench: FrameBench;
  readonly #candidates: readonly number[];
  readonly #probes: Map<string, number>;
  readonly #isFree: boolean;

  constructor(bench: FrameBench, candidates: readonly number[], uses: readonly LevelUse[]) {
    this.#bench = bench;
    this.#candidates = candidates;
    this.#isFree = uses.every(({ reason }) => reason === 'configured');
    this.#probes = new Map();
    for (const { content, reason, archives } of uses) {
      if (reason === 'probed') this.#probes.set(content, Math.max(archives, this.#probes.get(content) ?? 0));
    }
  }

  /** Seconds for a frame; the first one of a kind of content pays for all its probes. */
  secondsFor(key: string, tar: Uint8Array): number {
    if (this.#isFree) return 0;
    const { fraction, seconds } = this.#bench.test(tar);
    const content = resolveContentClass(guessContentClass(key), fraction > INCOMPRESSIBLE_FRACTION);
    const probes = this.#probes.get(content) ?? 0;
    this.#probes.delete(content);
    return seconds + (probes === 0 ? 0 : probes * this.#bench.probe(tar, this.#candidates));
  }
}
