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

/** Older statistics are read again before they are used; after a failure, the store is not called for this long. */
const MAX_AGE_MILLISECONDS = 60_000;
/**
 * Weights are scaled down only once in 512 archives, so the landmark in the first refusal is still right at the second
 * attempt.
 */
const MAX_ATTEMPTS = 3;

export interface StatisticsCacheOptions {
  readonly rule: string;
  /** Absent: what is learned is kept in this process only. */
  readonly store: StatisticsStore | undefined;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /**
   * Called when statistics could not be read, or those of an archive were lost: once per archive. Nothing else is
   * affected.
   */
  readonly onFailure: (error: CompressorError) => void;
}

/** The latest known statistics of one rule. An outage of the store is reported, but stops nothing. */
export class StatisticsCache {
  readonly #options: StatisticsCacheOptions;
  #known: RuleStatistics = NO_STATISTICS;
  /** When they were last read, or the store last failed. */
  #checked = Number.NEGATIVE_INFINITY;
  /** Why the last call to the store failed; absent if it succeeded. */
  #failure: CompressorError | undefined;
  #reading: Promise<boolean> | undefined;

  constructor(options: StatisticsCacheOptions) {
    this.#options = options;
  }

  /** Returns them without waiting. */
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

  /** Adds an archive with the current weight. If the store does not accept it, only this process learns from it. */
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

  /**
   * The cached landmark may be from before a rebase: then the update is refused, and weighted again by the current one.
   */
  async #addThere(store: StatisticsStore, update: StatisticsUpdate): Promise<void> {
    const { rule } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { wasWritten, statistics } = await store.add(rule, weighUpdate(update, this.#known));
      this.#known = statistics;
      if (wasWritten) return;
    }
    throw new ContestedStatisticsError(
      `Statistics of rule ${rule} were rebased before each of ${MAX_ATTEMPTS} additions`,
      {
        context: { rule, attempts: MAX_ATTEMPTS },
      },
    );
  }

  /** If another process has added something meanwhile, the next archive rebases them; until then weights only grow. */
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
