import type { RuleStatistics, WeightedUpdate } from './rule-statistics.ts';

/** Where statistics of rules are kept. */
export interface StatisticsStore {
  /** NO_STATISTICS for a new rule. */
  load(rule: string): Promise<RuleStatistics>;
  /** Adds one archive atomically, even if others do so at the same time; refused if the landmark has changed. */
  add(rule: string, update: WeightedUpdate): Promise<WriteOutcome>;
  /** Replaces `current` by `rebased`; refused if another process has added to it since. */
  rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<WriteOutcome>;
}

export interface WriteOutcome {
  /** False: refused, nothing was changed. */
  readonly wasWritten: boolean;
  /** The current statistics. */
  readonly statistics: RuleStatistics;
}
