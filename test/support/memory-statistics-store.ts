import {
  addUpdate,
  NO_STATISTICS,
  type RuleStatistics,
  type WeightedUpdate,
} from '../../src/adaptive/rule-statistics.ts';
import type { StatisticsStore, WriteOutcome } from '../../src/adaptive/statistics-store.ts';

/** Statistics in memory. While `failure` is set, every call throws it. */
export class MemoryStatisticsStore implements StatisticsStore {
  readonly rules = new Map<string, RuleStatistics>();
  failure: Error | undefined;
  /** Number of calls. */
  calls = 0;

  async load(rule: string): Promise<RuleStatistics> {
    await this.#answer();
    return this.#find(rule);
  }

  async add(rule: string, update: WeightedUpdate): Promise<WriteOutcome> {
    await this.#answer();
    const statistics = this.#find(rule);
    return this.#write(rule, statistics.landmark === update.landmark, addUpdate(statistics, update));
  }

  async rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<WriteOutcome> {
    await this.#answer();
    return this.#write(rule, this.#find(rule).archives === current.archives, rebased);
  }

  #find(rule: string): RuleStatistics {
    return this.rules.get(rule) ?? NO_STATISTICS;
  }

  #write(rule: string, wasWritten: boolean, statistics: RuleStatistics): WriteOutcome {
    if (wasWritten) this.rules.set(rule, statistics);
    return { wasWritten, statistics: this.#find(rule) };
  }

  #answer(): Promise<void> {
    this.calls += 1;
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }
}
