import type { Laboratory } from './laboratory.ts';
import type { Measurement, RowSpec } from './row.ts';

/** Samples that belong together, and the rows that come out of them. */
export interface Experiment {
  readonly rows: readonly RowSpec[];
  /** Command line tools without which there is nothing to compare with; the rows are left out then. */
  readonly needs?: readonly string[];
  /** One measurement a row, in the order of `rows`. */
  run(laboratory: Laboratory): Promise<readonly Measurement[]>;
}
