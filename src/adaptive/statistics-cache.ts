import { asCompressorError, type CompressorError } from '../errors.ts';
import { ContestedStatisticsError } from './errors.ts';
import {
  addUpdate,
  NO_STATISTICS,
  type RuleStatistics,
  rebaseStatistics,
  type StatisticsUpdate,
  weighUpdate,
} from './rule-statistics.ts';
import type { StatisticsStore } from './statistics-store.ts';

/** Older statistics are read again before they decide; a store that failed is left alone for as long. */
const MAX_AGE_MILLISECONDS = 60_000;
/** Weights are scaled down once in 512 archives, so that the second attempt finds the landmark that the first was told. */
const MAX_ATTEMPTS = 3;

export interface StatisticsCacheOptions {
  readonly rule: string;
  /** Absent: what is learned is kept in this process only. */
  readonly store: StatisticsStore | undefined;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Statistics could not be read, or those of an archive were lost: once for each archive. Nothing else is affected. */
  readonly onFailure: (error: CompressorError) => void;
}

/** The latest known statistics of one rule. An outage of the store is told, and otherwise stops nothing. */
export class StatisticsCache {
  readonly #options: StatisticsCacheOptions;
  #known: RuleStatistics = NO_STATISTICS;
  /** When they were read, or the store failed last. */
  #checked = Number.NEGATIVE_INFINITY;
  /** Why the store did not answer last; absent when it did. */
  #failure: CompressorError | undefined;
  #reading: Promise<boolean> | undefined;

  constructor(options: StatisticsCacheOptions) {
    this.#options = options;
  }

  /** Without waiting. */
  get known(): RuleStatistics {
    return this.#known;
  }

  /** No older than a minute, unless the store fails. */
  async read(): Promise<RuleStatistics> {
    const { store, rule } = this.#options;
    if (store === undefined || this.#isFresh()) return this.#known;
    this.#reading ??= this.#attempt(async () => {
      this.#known = await store.load(rule);
    }).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.#known;
  }

  /** Adds an archive, with the weight of now. What the store does not take is lost, but for this process. */
  async add(update: StatisticsUpdate): Promise<void> {
    const { store, onFailure } = this.#options;
    if (store === undefined || (this.#failure !== undefined && this.#isFresh())) {
      if (this.#failure !== undefined) onFailure(this.#failure);
      this.#addHere(update);
      return;
    }
    if (await this.#attempt(() => this.#addThere(store, update))) await this.#rebaseThere(store);
    else this.#addHere(update);
  }

  #addHere(update: StatisticsUpdate): void {
    const added = addUpdate(this.#known, weighUpdate(update, this.#known));
    this.#known = rebaseStatistics(added) ?? added;
  }

  /** What is known may be from before a rebase: then it is refused, and weighed again by what is there. */
  async #addThere(store: StatisticsStore, update: StatisticsUpdate): Promise<void> {
    const { rule } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { written, statistics } = await store.add(rule, weighUpdate(update, this.#known));
      this.#known = statistics;
      if (written) return;
    }
    throw new ContestedStatisticsError(
      `Statistics of rule ${rule} were rebased before each of ${MAX_ATTEMPTS} additions`,
      {
        context: { rule, attempts: MAX_ATTEMPTS },
      },
    );
  }

  /** If another process has added something in the meantime, the next archive does it; until then weights only grow. */
  async #rebaseThere(store: StatisticsStore): Promise<void> {
    const current = this.#known;
    const rebased = rebaseStatistics(current);
    if (rebased === undefined) return;
    await this.#attempt(async () => {
      const { statistics } = await store.rebase(this.#options.rule, current, rebased);
      this.#known = statistics;
    });
  }

  #isFresh(): boolean {
    return this.#options.now() - this.#checked < MAX_AGE_MILLISECONDS;
  }

  async #attempt(access: () => Promise<void>): Promise<boolean> {
    try {
      await access();
      this.#failure = undefined;
      return true;
    } catch (thrown) {
      this.#failure = asCompressorError(thrown);
      this.#options.onFailure(this.#failure);
      return false;
    } finally {
      this.#checked = this.#options.now();
    }
  }
}
