import type { Laboratory } from './laboratory.ts';
import type { Measurement, RowSpec } from './row.ts';

/** Samples that belong together, and the rows that they produce. */
export interface Experiment {
  readonly rows: readonly RowSpec[];
  /** Command line tools that the comparison needs; without them the rows are left out. */
  readonly needs?: readonly string[];
  /** One measurement per row, in the order of `rows`. */
  run(laboratory: Laboratory): Promise<readonly Measurement[]>;
}
