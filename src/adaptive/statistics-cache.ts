import { asCompressorError, type CompressorError } from '../errors.ts';
import {
  addUpdate,
  NO_STATISTICS,
  type RuleStatistics,
  rebaseStatistics,
  type StatisticsUpdate,
} from './rule-statistics.ts';
import type { StatisticsStore } from './statistics-store.ts';

/** Older statistics are read again before they decide; a store that failed is left alone for as long. */
const MAX_AGE_MILLISECONDS = 60_000;

export interface StatisticsCacheOptions {
  readonly rule: string;
  /** Absent: what is learnt is kept in this process only. */
  readonly store: StatisticsStore | undefined;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Statistics could not be read, or those of an archive were lost: once for each archive. Nothing else comes of it. */
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

  /** Adds an archive. What the store does not take is lost, but for this process. */
  async add(update: StatisticsUpdate): Promise<void> {
    const { store, rule } = this.#options;
    const addHere = (): void => {
      this.#known = addUpdate(this.#known, update);
    };
    if (store === undefined || (this.#failure !== undefined && this.#isFresh())) {
      if (this.#failure !== undefined) this.#options.onFailure(this.#failure);
      addHere();
      return;
    }
    const added = await this.#attempt(async () => {
      this.#known = await store.add(rule, update);
    });
    if (!added) addHere();
    const rebased = rebaseStatistics(this.#known);
    if (added && rebased !== undefined) await this.#attempt(() => store.rebase(rule, this.#known, rebased));
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
