import type { Laboratory } from './laboratory.ts';
import type { Measurement, RowSpec } from './row.ts';

/** Samples that belong together, and the rows that come out of them. */
export interface Experiment {
  readonly rows: readonly RowSpec[];
  /** One measurement a row, in the order of `rows`. */
  run(laboratory: Laboratory): Promise<readonly Measurement[]>;
}
