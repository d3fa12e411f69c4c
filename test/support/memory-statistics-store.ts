import {
  addUpdate,
  NO_STATISTICS,
  type RuleStatistics,
  type StatisticsUpdate,
} from '../../src/adaptive/rule-statistics.ts';
import type { StatisticsStore } from '../../src/adaptive/statistics-store.ts';

/** Statistics in memory. While `failure` is set, every call fails with it. */
export class MemoryStatisticsStore implements StatisticsStore {
  readonly rules = new Map<string, RuleStatistics>();
  failure: Error | undefined;
  /** How often it was asked. */
  calls = 0;

  async load(rule: string): Promise<RuleStatistics> {
    await this.#answer();
    return this.rules.get(rule) ?? NO_STATISTICS;
  }

  async add(rule: string, update: StatisticsUpdate): Promise<RuleStatistics> {
    await this.#answer();
    const added = addUpdate(this.rules.get(rule) ?? NO_STATISTICS, update);
    this.rules.set(rule, added);
    return added;
  }

  async rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<void> {
    await this.#answer();
    if (this.rules.get(rule)?.archives === current.archives) this.rules.set(rule, rebased);
  }

  #answer(): Promise<void> {
    this.calls += 1;
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }
}
