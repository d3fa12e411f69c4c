import type { RuleStatistics, StatisticsUpdate } from './rule-statistics.ts';

/** Where statistics of rules are kept. */
export interface StatisticsStore {
  /** NO_STATISTICS for a rule that is new. */
  load(rule: string): Promise<RuleStatistics>;
  /** Adds one archive, atomically, whoever else does so at the same moment. @returns what is there then */
  add(rule: string, update: StatisticsUpdate): Promise<RuleStatistics>;
  /** Puts `rebased` in the place of `current`; does nothing when somebody has added to it since. */
  rebase(rule: string, current: RuleStatistics, rebased: RuleStatistics): Promise<void>;
}
