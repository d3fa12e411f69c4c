import type { RuleStatistics, WeightedUpdate } from './rule-statistics.ts';

/** Where statistics of rules are kept. */
export interface StatisticsStore {
  /** NO_STATISTICS for a rule that is new. */
  load(rule: string): Promise<RuleStatistics>;
  /** Adds one archive, atomically, whoever else does so at the same moment; refused when the landmark is another one by now. */
  add(rule: string, update: WeightedUpdate): Promise<WriteOutcome>;
  /** Replaces `current` by `rebased`; refused if another process has added to it since. */
  rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<WriteOutcome>;
}

export interface WriteOutcome {
  /** False: refused, and nothing was changed. */
  readonly written: boolean;
  /** What is there now. */
  readonly statistics: RuleStatistics;
}
